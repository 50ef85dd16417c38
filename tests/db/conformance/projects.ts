import assert from "node:assert/strict";
import {
  findProjectByKey,
  findProjectByName,
  insertProject,
  listProjects,
} from "../../../db/queries/projects.ts";
import type { Conformance } from "./_store.ts";

export const projects: Conformance = {
  "a new database has the project 1, default, with a key": async ({ kysely }) => {
    const [first, ...others] = await listProjects(kysely);
    assert.deepEqual([first!.id, first!.name, others.length], [1, "default", 0]);
    assert.match(first!.project_key, /^[0-9a-f]{20}$/);
  },
  "insertProject gives the next id, and the finders compare bytes": async ({ kysely }) => {
    const made = await insertProject(kysely, { name: "数据", project_key: "Key", created_at: 7 });
    assert.deepEqual({ ...made }, { id: 2, name: "数据", project_key: "Key", created_at: 7 });
    assert.deepEqual(await findProjectByName(kysely, "数据"), made);
    assert.deepEqual(await findProjectByKey(kysely, "Key"), made);
    assert.equal(await findProjectByKey(kysely, "key"), undefined);
    assert.equal(await findProjectByName(kysely, "数"), undefined);
  },
  "insertProject refuses a name or a key that is there": async ({ kysely }) => {
    await insertProject(kysely, { name: "n", project_key: "k", created_at: 0 });
    const before = await listProjects(kysely);
    await assert.rejects(insertProject(kysely, { name: "n", project_key: "other", created_at: 0 }));
    await assert.rejects(insertProject(kysely, { name: "other", project_key: "k", created_at: 0 }));
    assert.deepEqual(await listProjects(kysely), before);
  },
};
