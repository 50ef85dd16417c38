import assert from "node:assert/strict";
import { Availability } from "../../../services/training_data/availability.ts";
import { openTestVolume } from "../../_support/volume.ts";

Deno.test("Availability gives training_data as long as it is in its place, and again when it is back", async () => {
  await using volume = await openTestVolume();
  const { availability, path } = volume;
  assert.equal(availability.reason, undefined);
  assert.equal(availability.use(), volume.trainingData);
  Deno.renameSync(path, `${path}.away`);
  for (const stranger of ["nothing", "a directory", "a link"]) {
    if (stranger === "a directory") Deno.mkdirSync(path);
    if (stranger === "a link") Deno.symlinkSync(`${path}.away`, path);
    assert.match(availability.reason ?? "", /not the directory it was at the start/, stranger);
    assert.throws(() => availability.use(), { code: "training_data_unavailable" }, stranger);
    if (stranger !== "nothing") Deno.removeSync(path);
  }
  Deno.renameSync(`${path}.away`, path);
  assert.equal(availability.use(), volume.trainingData);
});

Deno.test("Availability of a start that braked never gives it, and says why", () => {
  const availability = new Availability({ reason: "training_data is missing" });
  assert.equal(availability.reason, "training_data is missing");
  assert.throws(() => availability.use(), {
    code: "training_data_unavailable",
    message: "training_data is missing",
  });
  availability.close();
});
