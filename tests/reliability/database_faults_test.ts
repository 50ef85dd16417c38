/** Commits that are in doubt, and a database that another process keeps locked, at every transaction of a deletion. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Events } from "../../services/events.ts";
import { boot, type Harness } from "../_harness.ts";
import { CommitFaults } from "../_support/commit_faults.ts";
import { count, isLong, shareOf } from "./_campaign.ts";
import {
  assertSettled,
  type Mode,
  modeOf,
  MODES,
  requestDeletion,
  untilSettled,
  Workspace,
} from "./_workspace.ts";
import type { AppSeams } from "../../services/app.ts";

const SOON = { look_ms: 5, first_ms: 10, longest_ms: 40 };

async function bootIn(workspace: Workspace, mode: Mode, seams: AppSeams): Promise<Harness> {
  return await boot({
    config: {
      training_data: workspace.trainingData,
      database: `${workspace.folder}/pipekeep.db`,
      trash_retention_ms: mode.keepsTrash ? 3_600_000 : 0,
    },
    seams: { retries: SOON, ...seams },
  });
}

const DOUBTS = MODES.flatMap((mode) =>
  (["stands", "lost"] as const).flatMap((fault) =>
    // A job's own transactions stand between those of its deletions.
    Array.from({ length: mode.options?.async ? 12 : 3 }, (_, i) => ({ mode, fault, nth: i + 1 }))
  )
);

for (const { mode, fault, nth } of shareOf(DOUBTS, 10)) {
  Deno.test(`deletion (${mode.name}) ends clean when commit ${nth} ${fault} and reports an error`, async () => {
    using workspace = new Workspace();
    const ids = workspace.makeTasks(mode);
    const faults = new CommitFaults();
    await using harness = await bootIn(workspace, mode, { commitFault: faults.seam });
    faults.arm(fault, nth);
    const answers = await requestDeletion(harness.url, mode, ids);
    for (const { status } of answers) assert.ok([200, 202, 500].includes(status), JSON.stringify(answers));
    await untilSettled(harness.url, mode);
    await assertSettled(harness.url, workspace, mode);
    count("commits in doubt", "faults", faults.isArmed ? 0 : 1);
  });
}

/** Held from before the request, or from a step on, until it has been answered. */
const LOCKS = ["asked", "claimed", "surveyed", "recorded", "purged"] as const;
/** A transaction waits five seconds for its turn. */
const BUSY = LOCKS.flatMap((from) => ["single", "with records", "retention"].map((mode) => ({ from, mode })))
  .filter(({ from, mode }) => mode !== "retention" || !["recorded", "purged"].includes(from));

for (const { from, mode: name } of isLong ? BUSY : BUSY.slice(3, 4)) {
  Deno.test(`deletion (${name}) answers the truth when the database stays locked from "${from}" on`, async () => {
    const mode = modeOf(name);
    using workspace = new Workspace();
    const ids = workspace.makeTasks(mode);
    const events = new Events();
    await using harness = await bootIn(workspace, mode, { events });
    const other = new DatabaseSync(`${workspace.folder}/pipekeep.db`);
    try {
      let isLocked = false;
      const lock = () => {
        if (isLocked) return;
        other.exec("PRAGMA busy_timeout = 1000; BEGIN IMMEDIATE");
        isLocked = true;
      };
      if (from === "asked") lock();
      else events.on("deletion.step", ({ step }) => step === from && lock());
      const answers = await requestDeletion(harness.url, mode, ids);
      assert.ok(isLocked);
      for (const id of ids) workspace.assertWholeOrGone(id);
      other.exec("ROLLBACK");
      const isBeforeRecord = ["asked", "claimed", "surveyed"].includes(from);
      for (const { status } of answers) {
        assert.ok(status === (isBeforeRecord ? 500 : 200), JSON.stringify(answers));
      }
    } finally {
      other.close();
    }
    await untilSettled(harness.url, mode);
    await assertSettled(harness.url, workspace, mode);
    count("database locked by another", "faults");
  });
}
