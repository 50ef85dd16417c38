import assert from "node:assert/strict";
import { Events } from "../../services/events.ts";

Deno.test("Events tells listeners of the name at once, in the order they came", () => {
  const events = new Events();
  const heard: string[] = [];
  events.on("job.scheduled", ({ job_id }) => heard.push(`first ${job_id}`));
  events.on("job.cancelled", () => heard.push("another name"));
  events.on("job.scheduled", ({ job_id }) => heard.push(`second ${job_id}`));
  events.emit("job.scheduled", { job_id: 7 });
  assert.deepEqual(heard, ["first 7", "second 7"]);
});

Deno.test("Events is silent where nobody listens, and for those who ended it", () => {
  const events = new Events();
  let heard = 0;
  const end = events.on("job.scheduled", () => heard++);
  events.emit("job.cancelled", { job_id: 1 });
  end();
  end();
  events.emit("job.scheduled", { job_id: 1 });
  assert.equal(heard, 0);
});

Deno.test("Events goes on behind a listener that throws, and the one who emits is not stopped", () => {
  const events = new Events();
  let heard = 0;
  events.on("deletion.step", () => {
    throw new Error("a listener's own trouble");
  });
  events.on("deletion.step", () => heard++);
  events.emit("deletion.step", { step: "claimed" });
  assert.equal(heard, 1);
});
