/** Commits of background tasks that report an error: whoever is answered, is answered the truth. */
import assert from "node:assert/strict";
import { BackgroundTasks } from "../../../services/background/background_tasks.ts";
import { Leases } from "../../../services/background/leases.ts";
import { TaskEvents } from "../../../services/background/task_events.ts";
import { CommitFaults } from "../../_support/commit_faults.ts";
import { openTemporary } from "../../_support/database.ts";

async function open() {
  const faults = new CommitFaults();
  const temporary = await openTemporary({ commitFault: faults.seam });
  const { database } = temporary;
  const clock = () => 1000;
  const taskEvents = new TaskEvents({ database });
  const leases = new Leases({ database, taskEvents, clock });
  const background = new BackgroundTasks({ database, leases, taskEvents, clock });
  const { task } = await background.create({ project_id: 1, task_type: "search" });
  const claimed = await background.claim({ worker: "w" });
  const waiting = await background.create({ project_id: 1, task_type: "search" });
  assert.equal(claimed?.id, task.id);
  const rows = () => background.list({}, 100);
  return {
    faults,
    background,
    rows,
    /** One that is held, and one that waits. */
    held: claimed!,
    waiting: waiting.task,
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

type Opened = Awaited<ReturnType<typeof open>>;

const WRITES: Record<string, (store: Opened) => Promise<unknown>> = {
  create: ({ background }) => background.create({ project_id: 1, task_type: "search" }),
  cancel: ({ background, waiting }) => background.cancel(waiting.id),
  claim: ({ background }) => background.claim({ worker: "w" }),
  report: ({ background, held }) =>
    background.report(held.id, { lease_token: held.lease_token!, status: "completed" }),
};

for (const [name, write] of Object.entries(WRITES)) {
  Deno.test(`BackgroundTasks answers a ${name} whose commit stands although it reports an error`, async () => {
    await using store = await open();
    const before = await store.rows();
    store.faults.arm("stands");
    await write(store);
    assert.equal(store.faults.isArmed, false);
    assert.notDeepEqual(await store.rows(), before);
  });

  Deno.test(`BackgroundTasks answers a ${name} whose commit is lost with an error, and nothing changed`, async () => {
    await using store = await open();
    const before = await store.rows();
    store.faults.arm("lost");
    await assert.rejects(write(store), { name: /CommitInDoubt|PipekeepError/ });
    assert.equal(store.faults.isArmed, false);
    assert.deepEqual(await store.rows(), before);
  });
}
