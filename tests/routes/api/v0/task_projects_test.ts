/** Tasks carry their project (api.md 1.4). */
import assert from "node:assert/strict";
import { boot, exists, V0 } from "../../../_harness.ts";
import { assertLike } from "../../../_support/scenarios.ts";

Deno.test("POST /tasks registers in a project, which list and detail show and the list is narrowed by", async () => {
  await using server = await boot();
  const { id } = await server.app.projects.create("research");
  await server.call("POST", `${V0}/tasks`, { task_id: "of_default" });
  const made = await server.call("POST", `${V0}/tasks`, { task_id: "of_research", project_id: id });
  assert.equal(made.status, 201);
  for (const [project_id, task_id] of [[1, "of_default"], [id, "of_research"]] as const) {
    const { body } = await server.call("GET", `${V0}/tasks?project_id=${project_id}`);
    assertLike(body.data, { total: 1, tasks: [{ task_id, project_id }] });
    assertLike((await server.call("GET", `${V0}/tasks/${task_id}`)).body.data, { project_id });
  }
  assertLike((await server.call("GET", `${V0}/tasks?project_id=99`)).body.data, { total: 0, tasks: [] });
});

Deno.test("POST /tasks refuses a project that does not exist, and makes nothing", async () => {
  await using server = await boot();
  const before = await server.snapshot();
  for (const project_id of [99, 0, 1.5, "1", null]) {
    const { status, body } = await server.call("POST", `${V0}/tasks`, { task_id: "task_a", project_id });
    assert.equal(status, 400, JSON.stringify(body));
    assertLike(body, { success: false, invalid_params: ["project_id"], message: /project_id/ });
    assert.equal(exists(`${server.trainingData}/task_a`), false);
    assert.deepEqual(await server.snapshot(), before);
  }
  const { status } = await server.call("GET", `${V0}/tasks?project_id=x`);
  assert.equal(status, 400);
});
