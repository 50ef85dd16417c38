import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Answers } from "../../http/answers.ts";
import { boot, V0 } from "../_harness.ts";

Deno.test("Answers gives a text again until something changed, and never one that a change overtook", async () => {
  let token = "1";
  let made = 0;
  const answers = new Answers(() => Promise.resolve(token));
  const make = () => Promise.resolve(`text ${++made}`);
  assert.equal(await answers.get("a", make), "text 1");
  assert.equal(await answers.get("a", make), "text 1");
  assert.equal(await answers.get("b", make), "text 2");
  token = "2";
  assert.equal(await answers.get("a", make), "text 3");
  const overtaken = () => {
    token = "3";
    return make();
  };
  assert.equal(await answers.get("c", overtaken), "text 4");
  assert.equal(await answers.get("c", make), "text 5");
  token = "4";
  // Asked by another while it is made: neither gets what is older than its own question.
  const slow = Promise.withResolvers<string>();
  const first = answers.get("d", () => slow.promise);
  token = "5";
  assert.equal(await answers.get("d", make), "text 6");
  slow.resolve("old");
  assert.equal(await first, "old");
  assert.equal(await answers.get("d", make), "text 6");
});

Deno.test("Answers forgets when it holds too much", async () => {
  const answers = new Answers(() => Promise.resolve("same"));
  let made = 0;
  const large = () => {
    made++;
    return Promise.resolve("x".repeat(9 * 1024 * 1024));
  };
  for (const key of ["a", "b", "a"]) await answers.get(key, large);
  assert.equal(made, 3);
});

Deno.test("the list says what is true after each change, by this process or another", async () => {
  await using server = await boot();
  const total = async () => (await server.call("GET", `${V0}/tasks?limit=5`)).body.data.total;
  assert.equal(await total(), 0);
  await server.call("POST", `${V0}/tasks`, { task_id: "task_a" });
  assert.equal(await total(), 1);
  const other = new DatabaseSync(`${server.folder}/pipekeep.db`);
  other.exec("UPDATE data_pipeline_tasks SET task_name = 'from elsewhere'");
  assert.equal(
    (await server.call("GET", `${V0}/tasks?limit=5`)).body.data.tasks[0].task_name,
    "from elsewhere",
  );
  other.exec("DELETE FROM data_pipeline_tasks");
  other.close();
  assert.equal(await total(), 0);
});
