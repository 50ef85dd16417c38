/** A mixed load of registrations, reports and deletions, that remembers what it was told. */
import assert from "node:assert/strict";
import { call, exists, V0 } from "../_harness.ts";
import { type LogEntry, logOf, type Workspace } from "./_workspace.ts";

/** What the load knows of a task by the answers that it got. */
interface Known {
  /** Whose it is: two clients do not work on one task. */
  client: number;
  status: "pending" | "running" | "completed";
  /** A deletion was asked for: with records or without. */
  asked?: "keeping" | "with records";
  /** It was answered that it is deleted. */
  isDeleted: boolean;
}

export class Load {
  readonly #workspace: Workspace;
  readonly #random: () => number;
  readonly #known = new Map<string, Known>();
  #made = 0;

  constructor(workspace: Workspace, random: () => number) {
    this.#workspace = workspace;
    this.#random = random;
  }

  get tasks(): number {
    return this.#known.size;
  }

  /** Asks one thing after the other until the server does not answer any more, or `isOver`. */
  async run(url: string, client: number, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      try {
        await this.#askOne(url, client);
      } catch (error) {
        // A server that was killed cuts its connections.
        if (error instanceof TypeError) return;
        throw error;
      }
    }
  }

  async #askOne(url: string, client: number): Promise<void> {
    const dice = this.#random();
    if (dice < 0.4) return await this.#register(url, client);
    const left = [...this.#known].filter(([, known]) => known.client === client && known.asked === undefined)
      .map(([id]) => id);
    if (left.length === 0) return await this.#register(url, client);
    const some = left.filter(() => this.#random() < 3 / left.length).slice(0, 6);
    if (some.length === 0) some.push(left[0]!);
    if (dice < 0.55) return await this.#report(url, some[0]!);
    const records = this.#random() < 0.4;
    const options = { confirm: true, force: true, delete_database_records: records };
    for (const id of some) this.#known.get(id)!.asked = records ? "with records" : "keeping";
    if (dice < 0.7) {
      for (const id of some.slice(1)) delete this.#known.get(id)!.asked;
      const { status, body } = await call(url, "DELETE", `${V0}/tasks/${some[0]}`, options);
      assert.equal(status, 200, JSON.stringify(body));
      this.#known.get(some[0]!)!.isDeleted = true;
    } else if (dice < 0.85) {
      const { status, body } = await call(url, "DELETE", `${V0}/tasks`, { task_ids: some, ...options });
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal(body.data.deleted_tasks.length, some.length, JSON.stringify(body));
      for (const id of some) this.#known.get(id)!.isDeleted = true;
    } else {
      const { status } = await call(url, "DELETE", `${V0}/tasks`, {
        task_ids: some,
        ...options,
        async: true,
      });
      assert.equal(status, 202);
    }
  }

  async #register(url: string, client: number): Promise<void> {
    const taskId = `task_l${this.#made++}`;
    const { status, body } = await call(url, "POST", `${V0}/tasks`, { task_id: taskId });
    assert.equal(status, 201, JSON.stringify(body));
    this.#workspace.makeTask(taskId, { files: 2 + Math.floor(this.#random() * 12) });
    this.#known.set(taskId, { client, status: "pending", isDeleted: false });
  }

  async #report(url: string, taskId: string): Promise<void> {
    const known = this.#known.get(taskId)!;
    if (known.status === "completed") return;
    const status = known.status === "pending" ? "running" : "completed";
    const answer = await call(url, "PATCH", `${V0}/tasks/${taskId}`, { status });
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    known.status = status;
  }

  /** After a restart, when all has settled: every answer was true, records and disk and log agree. */
  async assertKept(url: string): Promise<void> {
    this.#workspace.assertCanary();
    const log = Map.groupBy(await this.#wholeLog(url), (row) => row.task_id);
    for (const [taskId, known] of this.#known) {
      const place = `${this.#workspace.trainingData}/${taskId}`;
      const isThere = exists(place);
      this.#workspace.assertWholeOrGone(taskId);
      if (known.isDeleted) assert.ok(!isThere, `${taskId} was called deleted`);
      if (known.asked === undefined) assert.ok(isThere, `${taskId} is gone, and nobody asked for it`);
      const { status, body } = await call(url, "GET", `${V0}/tasks/${taskId}`);
      if (!isThere && known.asked === "with records") assert.equal(status, 404, taskId);
      else {assert.equal(
          body.data?.directory_exists,
          isThere,
          `record of ${taskId}: ${JSON.stringify(known)}`,
        );}
      // What was answered is kept; a report that was not may have come through or not.
      if (status === 200 && known.status === "completed") assert.equal(body.data.status, "completed", taskId);
      this.#assertCountedOnce(taskId, isThere, log.get(taskId) ?? []);
      if (!isThere) {
        this.#known.delete(taskId);
        this.#workspace.trees.delete(taskId);
      }
    }
    assert.deepEqual(this.#workspace.trashNames(), []);
  }

  #assertCountedOnce(taskId: string, isThere: boolean, rows: readonly LogEntry[]): void {
    const tree = this.#workspace.trees.get(taskId)!;
    const purged = rows.filter((row) => row.outcome === "purged");
    const sum = (of: (row: LogEntry) => number | null) => purged.reduce((n, row) => n + (of(row) ?? 0), 0);
    assert.deepEqual(
      [sum((row) => row.deleted_files_count), sum((row) => row.deleted_size_bytes)],
      isThere ? [0, 0] : [tree.files, tree.bytes],
      `${taskId} is counted once: ${JSON.stringify(rows)}`,
    );
  }

  async #wholeLog(url: string): Promise<LogEntry[]> {
    const rows: LogEntry[] = [];
    for (let offset = 0;; offset += 1000) {
      const page = await logOf(url, `&offset=${offset}`);
      rows.push(...page);
      if (page.length < 1000) return rows;
    }
  }
}
