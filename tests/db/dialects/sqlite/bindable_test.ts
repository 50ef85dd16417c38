/** Texts that SQLite would change on their way in. Each is tried on a real database, where it must change nothing. */
import assert from "node:assert/strict";
import { listNewer } from "../../../../db/queries/background_tasks.ts";
import { assertBindable, jsonParameter, UnbindableText } from "../../../../db/dialects/sqlite/bindable.ts";
import { findUnderWay, insertDeletions, recordMeasured } from "../../../../db/queries/deletions.ts";
import { deleteRecords, findTask, insertTasks } from "../../../../db/queries/pipeline_tasks.ts";
import { findSetting, putSetting } from "../../../../db/queries/settings.ts";
import { listTasksOfUser } from "../../../../db/queries/task_selection.ts";
import { openElsewhere, openTemporary } from "../../../_support/database.ts";

const HARMLESS = [
  "",
  "alice",
  "a\\u0000",
  "\\",
  '"',
  "\\\\ud800",
  "𝒳",
  "\u{1f600}\u{1f600}",
  "\u0001",
  "￿",
  "中文",
];
const FAULTY: [name: string, text: string][] = [
  ["U+0000 in the middle", "alice\0evil"],
  ["U+0000 alone", "\0"],
  ["U+0000 behind a backslash", "alice\\\0"],
  ["a lone high surrogate", "alice\ud800"],
  ["a lone low surrogate", "\udfffalice"],
  ["surrogates in the wrong order", "\udc00\ud800"],
];

Deno.test("assertBindable and jsonParameter take every text that stays what it is", () => {
  for (const text of HARMLESS) {
    assertBindable(text, 1);
    assert.deepEqual(JSON.parse(jsonParameter([text, { [text]: [text] }])), [text, { [text]: [text] }]);
  }
  for (const other of [null, 1, 1n, new Uint8Array([0])]) assertBindable(other, 1);
});

Deno.test("assertBindable names the parameter and what is wrong with it", () => {
  assert.throws(() => assertBindable("alice\0evil", 3), {
    name: "UnbindableText",
    message: String.raw`parameter 3 of the statement, "alice\u0000evil", contains U+0000`,
  });
  assert.throws(() => assertBindable("\ud800", 1), /parameter 1 .* contains a lone surrogate/);
});

Deno.test("jsonParameter finds a faulty text in keys and at every depth", () => {
  for (const [, text] of FAULTY) {
    for (const value of [text, [text], { a: [{ b: text }] }, { [text]: 1 }, [`\\${text}`, `\\\\${text}`]]) {
      assert.throws(() => jsonParameter(value), UnbindableText);
    }
  }
});

Deno.test("a database of real rows", async (t) => {
  await using temporary = await openTemporary();
  const { kysely } = temporary.database;
  const task = {
    task_type: "data_workflow",
    status: "completed" as const,
    created_at: 0,
    completed_at: 0,
    directory_exists: 1 as const,
  };
  await insertTasks(kysely, "v", [
    { ...task, task_id: "alice", created_by: "alice" },
    { ...task, task_id: "alice\ufffd", created_by: "alice\ufffd" },
  ], []);
  using elsewhere = openElsewhere(temporary.path);
  const everything = () =>
    ["data_pipeline_tasks", "deletions", "settings", "background_tasks"].map((table) =>
      elsewhere.prepare(`SELECT * FROM ${table}`).all()
    );
  const before = everything();
  for (const [name, text] of FAULTY) {
    await t.step(`refuses ${name}, and nothing changed`, async () => {
      const deletion = {
        deletion_id: "d",
        task_id: text,
        state: "intent" as const,
        who: "w",
        request_id: "r",
        delete_database_records: 0 as const,
        force: 0 as const,
        requested_at: 0,
      };
      const measured = {
        deletion_id: text,
        deleted_files_count: 0,
        deleted_size_bytes: 0,
        unmeasured_files: 0,
        allocated_bytes: null,
        freed_bytes: null,
        directories_count: null,
        links_count: null,
      };
      const works: (() => Promise<unknown>)[] = [
        () => findTask(kysely, text),
        () => listTasksOfUser(kysely, 1, text),
        () => putSetting(kysely, "name", text),
        () => putSetting(kysely, text, "value"),
        () => deleteRecords(kysely, "v", ["bob", text]),
        () => insertDeletions(kysely, "v", [deletion]),
        () => findUnderWay(kysely, "v", [text]),
        () => recordMeasured(kysely, [measured]),
        () =>
          kysely.transaction().execute(async (trx) => {
            await putSetting(trx, "before", "it");
            await deleteRecords(trx, "v", [text]);
          }),
      ];
      for (const work of works) await assert.rejects(async () => await work(), UnbindableText, String(work));
      assert.deepEqual(everything(), before);
    });
  }
  for (const text of HARMLESS) {
    await t.step(`keeps ${JSON.stringify(text)} as it is`, async () => {
      await putSetting(kysely, text, text);
      assert.equal(await findSetting(kysely, text), text);
      assert.deepEqual([...await findUnderWay(kysely, "v", [text])], []);
    });
  }
  assert.deepEqual(await listNewer(kysely, new Map([[1, 1]])), []);
});
