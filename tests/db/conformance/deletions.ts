import assert from "node:assert/strict";
import {
  type DeletionFilter,
  DeletionLog,
  endDeletions,
  findDeletions,
  findStranded,
  findStuck,
  findUnderWay,
  insertDeletions,
  listDue,
  listOfJob,
  listStuck,
  listUnfinished,
  markPurged,
  markTrashed,
  recordMeasured,
  sumOfJob,
} from "../../../db/queries/deletions.ts";
import { type Conformance, deletion, VOLUME } from "./_store.ts";

const ids = (rows: readonly { deletion_id: string }[]) => rows.map((row) => row.deletion_id);
const failed = { state: "failed" as const, finished_at: 1, error_code: "x" };
const stuck = { state: "purge_failed" as const, trashed_at: 1, error_code: "x" };

export const deletions: Conformance = {
  "DeletionLog pages by offset and by cursor, newest first, ids by their bytes": async (database) => {
    const rows = ["a", "B", "c"].map((id) => deletion(id, id));
    await insertDeletions(database.kysely, VOLUME, [...rows, deletion("new", "n", { requested_at: 2000 })]);
    const log = new DeletionLog(database);
    const all = await log.page({}, { limit: 9, offset: 0 });
    assert.deepEqual([ids(all.rows), all.total, all.hasMore], [["new", "c", "a", "B"], 4, false]);
    const second = await log.page({}, { limit: 1, offset: 1 });
    assert.deepEqual([ids(second.rows), second.hasMore], [["c"], true]);
    const after = await log.page({}, { limit: 9, offset: 0, after: { at: 1000, id: "c" } });
    assert.deepEqual([ids(after.rows), after.total], [["a", "B"], 4]);
  },
  "DeletionLog gives all matches, page after page, each once": async (database) => {
    const rows = Array.from({ length: 1100 }, (_, i) => deletion(`d${i}`, `t${i}`, { requested_at: i >> 3 }));
    await insertDeletions(database.kysely, VOLUME, rows);
    const log = new DeletionLog(database);
    const found = [];
    for await (const page of log.eachPage({})) found.push(...ids(page));
    assert.deepEqual(found, ids((await log.page({}, { limit: 2000, offset: 0 })).rows));
    assert.equal(found.length, 1100);
    for await (const page of log.eachPage({ task_id: "none" })) assert.fail(JSON.stringify(page));
  },
  "DeletionLog narrows by every filter": async (database) => {
    await insertDeletions(database.kysely, VOLUME, [
      deletion("1", "a", { job_id: 7, who: "它's" }),
      deletion("2", "A", { ...failed, request_id: "R", requested_at: 2000 }),
    ]);
    const log = new DeletionLog(database);
    const found = async (filter: DeletionFilter) =>
      ids((await log.page(filter, { limit: 9, offset: 0 })).rows);
    assert.deepEqual(await found({ task_id: "a" }), ["1"]);
    assert.deepEqual(await found({ who: "它's" }), ["1"]);
    assert.deepEqual(await found({ request_id: "R" }), ["2"]);
    assert.deepEqual(await found({ job_id: 7 }), ["1"]);
    assert.deepEqual(await found({ states: ["failed", "purged"] }), ["2"]);
    assert.deepEqual(await found({ requested_after: 1000, requested_before: 2000 }), ["1"]);
    assert.deepEqual(await found({ task_id: "a", states: ["failed"] }), []);
  },
  "insertDeletions refuses two under way of one task, and leaves nothing of the call": async ({ kysely }) => {
    await insertDeletions(kysely, VOLUME, []);
    await insertDeletions(kysely, VOLUME, [deletion("1", "a")]);
    await assert.rejects(insertDeletions(kysely, VOLUME, [deletion("2", "b"), deletion("3", "a")]));
    const rows = [
      deletion("2", "b", { state: "trashed", trashed_at: 1 }),
      deletion("4", "c", { state: "trashed", trashed_at: 1, purge_at: 5 }),
      deletion("5", "A", failed),
    ];
    await insertDeletions(kysely, VOLUME, rows);
    await assert.rejects(insertDeletions(kysely, VOLUME, [deletion("6", "b")]));
    await insertDeletions(kysely, VOLUME, [deletion("7", "c")]);
    assert.deepEqual(
      await findUnderWay(kysely, VOLUME, ["a", "b", "c", "A", "none"]),
      new Set(["a", "b", "c"]),
    );
    assert.deepEqual(await findUnderWay(kysely, VOLUME, []), new Set());
    const all = await findDeletions(kysely, ["1", "2", "3", "4", "5", "6", "7"]);
    assert.deepEqual(ids(all).sort(), ["1", "2", "4", "5", "7"]);
    assert.deepEqual(await findDeletions(kysely, []), []);
  },
  "insertDeletions keeps every character, and refuses U+0000 and lone surrogates": async ({ kysely }) => {
    const who = '它\'s "100%_\\u0000\\" 😀\n';
    await insertDeletions(kysely, VOLUME, [deletion("1", "a", { who })]);
    assert.equal((await findDeletions(kysely, ["1"]))[0]!.who, who);
    for (const bad of ["\0", "\ud800"]) {
      await assert.rejects(
        insertDeletions(kysely, VOLUME, [deletion("2", "b"), deletion("3", "c", { who: bad })]),
      );
      await assert.rejects(findUnderWay(kysely, VOLUME, [bad]));
    }
    assert.deepEqual(await findDeletions(kysely, ["2", "3"]), []);
  },
  "markTrashed moves only intents, markPurged only what is in the trash": async ({ kysely }) => {
    const rows = [
      deletion("i", "i"),
      deletion("f", "f", failed),
      deletion("s", "s", stuck),
      deletion("t", "t", { state: "trashed", trashed_at: 1 }),
    ];
    await insertDeletions(kysely, VOLUME, rows);
    const states = async () =>
      Object.fromEntries(
        (await findDeletions(kysely, ["i", "f", "s", "t"])).map((row) => [row.deletion_id, row.state]),
      );
    await markPurged(kysely, ["i", "f"], 5);
    await markTrashed(kysely, ["f", "s"], 5, null);
    await markTrashed(kysely, [], 5, null);
    await markPurged(kysely, [], 5);
    assert.deepEqual(await states(), { i: "intent", f: "failed", s: "purge_failed", t: "trashed" });
    await markTrashed(kysely, ["i"], 1100, 1500);
    const [i] = await findDeletions(kysely, ["i"]);
    assert.deepEqual([i!.state, i!.directory_deleted, i!.trashed_at, i!.purge_at], [
      "trashed",
      1,
      1100,
      1500,
    ]);
    await markPurged(kysely, ["i", "s", "t"], 900);
    assert.deepEqual(await states(), { i: "purged", f: "failed", s: "purged", t: "purged" });
    const [s] = await findDeletions(kysely, ["s"]);
    assert.deepEqual([s!.duration_ms, s!.finished_at, s!.error_code], [0, 900, null]);
  },
  "endDeletions ends only rows in the states that it may come from": async ({ kysely }) => {
    await insertDeletions(kysely, VOLUME, [deletion("1", "a"), deletion("2", "b", failed)]);
    const before = await findDeletions(kysely, ["2"]);
    const end = {
      from: ["intent"] as const,
      to: "stranded" as const,
      now: 1300,
      error_code: "c",
      error: "e",
    };
    await endDeletions(kysely, [], end);
    await endDeletions(kysely, ["1", "2"], end);
    assert.deepEqual(await findDeletions(kysely, ["2"]), before);
    const [row] = await findDeletions(kysely, ["1"]);
    assert.deepEqual([row!.state, row!.duration_ms, row!.error_code, row!.error], [
      "stranded",
      300,
      "c",
      "e",
    ]);
  },
  "the lists of what is left give their own states, oldest first": async ({ kysely }) => {
    await insertDeletions(kysely, VOLUME, [
      deletion("i", "i", { requested_at: 9 }),
      deletion("f", "f", failed),
      deletion("s1", "s", { ...stuck, requested_at: 8 }),
      deletion("s2", "S", { ...stuck, requested_at: 7 }),
      deletion("n", "n", { ...failed, state: "stranded", requested_at: 6 }),
      deletion("t", "t", { state: "trashed", trashed_at: 1 }),
      deletion("w1", "w", { state: "trashed", trashed_at: 1, purge_at: 50 }),
      deletion("w2", "w", { state: "trashed", trashed_at: 1, purge_at: 40 }),
    ]);
    assert.deepEqual(ids(await listUnfinished(kysely, VOLUME)), ["n", "s2", "s1", "i", "t"]);
    assert.deepEqual(ids(await listStuck(kysely, VOLUME)), ["n", "s2", "s1"]);
    assert.deepEqual([...(await findStuck(kysely, VOLUME, ["s", "i", "none"])).keys()], ["s"]);
    assert.equal((await findStuck(kysely, VOLUME, [])).size, 0);
    assert.equal((await findStranded(kysely, VOLUME, ["s", "i", "none"])).size, 0);
    assert.deepEqual(ids(await listDue(kysely, VOLUME, 39, 9)), []);
    assert.deepEqual(ids(await listDue(kysely, VOLUME, 50, 9)), ["w2", "w1"]);
    assert.deepEqual(ids(await listDue(kysely, VOLUME, 50, 1)), ["w2"]);
  },
  "a job's deletions are listed and summed as numbers, without what was released": async ({ kysely }) => {
    assert.deepEqual({ ...await sumOfJob(kysely, 7) }, { files: 0, bytes: 0 });
    const rows = ["1", "2", "3"].map((id, i) => deletion(id, id, { job_id: 7, requested_at: i }));
    await insertDeletions(kysely, VOLUME, rows);
    const measured = ["1", "2"].map((deletion_id) => ({
      deletion_id,
      deleted_files_count: 3,
      deleted_size_bytes: 2 ** 40,
      unmeasured_files: 1,
      allocated_bytes: 4096,
      freed_bytes: 0,
      directories_count: 2,
      links_count: 1,
    }));
    await recordMeasured(kysely, measured);
    await markTrashed(kysely, ["1", "2"], 5, null);
    await endDeletions(kysely, ["3"], {
      from: ["intent"],
      to: "released",
      now: 5,
      error_code: null,
      error: null,
    });
    assert.deepEqual({ ...await sumOfJob(kysely, 7) }, { files: 6, bytes: 2 ** 41 });
    assert.deepEqual((await listOfJob(kysely, 7)).map((row) => row.task_id), ["1", "2"]);
    assert.equal((await findDeletions(kysely, ["3"]))[0]!.deleted_files_count, null);
  },
};
