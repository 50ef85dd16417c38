import assert from "node:assert/strict";
import { Projects } from "../../../services/access/projects.ts";
import { CommitFaults } from "../../_support/commit_faults.ts";
import { openTemporary } from "../../_support/database.ts";

async function open() {
  const faults = new CommitFaults();
  const temporary = await openTemporary({ commitFault: faults.seam });
  const projects = new Projects({ database: temporary.database, clock: () => 1000 });
  return { faults, projects, [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose]() };
}

Deno.test("Projects has a default from the start, and makes others with keys that find them", async () => {
  await using store = await open();
  const made = await store.projects.create("项目 2");
  assert.match(made.project_key, /^[A-Za-z2-9]{20}$/);
  assert.deepEqual([made.id, made.name, made.created_at], [2, "项目 2", 1000]);
  assert.deepEqual((await store.projects.list()).map((project) => project.name), ["default", "项目 2"]);
  assert.deepEqual(await store.projects.getByKey(made.project_key), made);
});

Deno.test("Projects refuses names that are taken or not allowed, and keys of nobody, and makes nothing", async () => {
  await using store = await open();
  const before = await store.projects.list();
  await assert.rejects(store.projects.create("default"), { code: "project_exists", message: /"default"/ });
  for (const name of ["", "  ", "a".repeat(129)]) {
    await assert.rejects(store.projects.create(name), {
      code: "invalid_input",
      message: `--name is ${JSON.stringify(name)}, but must be 1 to 128 characters`,
    });
  }
  for (const key of ["", "nobody", before[0]!.project_key.toLowerCase() + "x"]) {
    await assert.rejects(store.projects.getByKey(key), { code: "project_not_found" });
  }
  assert.deepEqual(await store.projects.list(), before);
});

Deno.test("Projects tells the truth of a commit that reports an error", async () => {
  await using store = await open();
  store.faults.arm("stands");
  const made = await store.projects.create("stands");
  assert.equal(store.faults.isArmed, false);
  assert.deepEqual(await store.projects.getByKey(made.project_key), made);
  store.faults.arm("lost");
  await assert.rejects(store.projects.create("lost"), { code: "storage_failed" });
  assert.deepEqual((await store.projects.list()).map((project) => project.name), ["default", "stands"]);
});
