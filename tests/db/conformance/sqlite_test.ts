/** SQLite does what every engine has to do; and no query goes untried. */
import assert from "node:assert/strict";
import { openTemporary } from "../../_support/database.ts";
import { register } from "./_store.ts";
import { apiKeys } from "./api_keys.ts";
import { backgroundTasks } from "./background_tasks.ts";
import { deletionChain } from "./deletion_chain.ts";
import { deletions } from "./deletions.ts";
import { jobLeases } from "./job_leases.ts";
import { jobs } from "./jobs.ts";
import { pipelineTasks } from "./pipeline_tasks.ts";
import { projects } from "./projects.ts";
import { reconciliation } from "./reconciliation.ts";
import { settings } from "./settings.ts";
import { taskList } from "./task_list.ts";
import { taskSelection } from "./task_selection.ts";
import { volumes } from "./volumes.ts";

const ALL = [
  apiKeys,
  backgroundTasks,
  deletionChain,
  deletions,
  jobLeases,
  jobs,
  pipelineTasks,
  projects,
  reconciliation,
  settings,
  taskList,
  taskSelection,
  volumes,
];
for (const tests of ALL) register("sqlite", tests, () => openTemporary());

const QUERIES = new URL("../../../db/queries/", import.meta.url);

Deno.test("every function and class that db/queries exports is called by the conformance file of its name", () => {
  const missing: string[] = [];
  for (const { name } of Deno.readDirSync(QUERIES)) {
    const exported = Deno.readTextFileSync(new URL(name, QUERIES))
      .matchAll(/^export (?:async )?(?:function\*?|class) (\w+)/gm);
    const tests = Deno.readTextFileSync(new URL(name, import.meta.url));
    for (const [, symbol] of exported) {
      if (!new RegExp(`\\b${symbol}\\(`).test(tests)) missing.push(`${name}: ${symbol}`);
    }
  }
  assert.deepEqual(missing, []);
});
