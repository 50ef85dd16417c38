import assert from "node:assert/strict";
import { boot, exists, V0 } from "../../../_harness.ts";
import { assertLike, assertRefusals, register, type Scenario } from "../../../_support/scenarios.ts";

const NOT_CONFIRMED = "confirm参数必须为true以确认删除操作";
const NO_LIST = "task_ids必须是非空的任务ID列表";
const KEPT = ["kept"];

function refused(
  name: string,
  body: unknown,
  answer: Record<string, unknown>,
  more: Partial<Scenario> = {},
): Scenario {
  return {
    name,
    method: "DELETE",
    path: `${V0}/tasks`,
    body,
    status: 400,
    answer: { success: false, code: 400, ...answer },
    ...more,
  };
}

Deno.test("DELETE /tasks names every missing field, task_ids before confirm", async (t) => {
  await using harness = await boot();
  await register(harness, ...KEPT);
  const missing = (...names: string[]) => ({
    message: `缺少必需参数: ${names.join(", ")}`,
    missing_params: names,
  });
  await assertRefusals(t, harness, [
    refused("no body at all", undefined, missing("task_ids", "confirm")),
    refused("an empty object", {}, missing("task_ids", "confirm")),
    refused("only an option", { force: true }, missing("task_ids", "confirm")),
    refused("no task_ids", { confirm: true }, missing("task_ids")),
    refused("no confirm", { task_ids: KEPT }, missing("confirm")),
    refused("no confirm, dry_run false", { dry_run: false, task_ids: KEPT }, missing("confirm")),
    refused("no confirm and an empty list", { task_ids: [] }, missing("confirm")),
    refused("no task_ids in a dry run", { dry_run: true }, missing("task_ids")),
    refused("no task_ids and confirm false", { confirm: false }, missing("task_ids")),
    refused("all of it in the query string", undefined, missing("task_ids", "confirm"), {
      path: `${V0}/tasks?task_ids=kept&confirm=true`,
    }),
  ]);
});

Deno.test("DELETE /tasks wants confirm to be true and nothing like it", async (t) => {
  await using harness = await boot();
  await register(harness, ...KEPT);
  const answer = { message: NOT_CONFIRMED, invalid_params: ["confirm"], missing_params: undefined };
  const wrong = [false, "true", "yes", 1, 0, null, [], [true], {}];
  await assertRefusals(
    t,
    harness,
    wrong.map((confirm) =>
      refused(`confirm: ${JSON.stringify(confirm)}`, { task_ids: KEPT, confirm }, answer)
    ),
  );
});

Deno.test("DELETE /tasks wants a list of 1 to 1000 strings", async (t) => {
  await using harness = await boot();
  await register(harness, ...KEPT);
  const noList = { message: NO_LIST, missing_params: undefined };
  const tooMany = { message: "单次最多删除1000个任务", missing_params: undefined };
  const ids = (count: number) => Array.from({ length: count }, (_, i) => `task_${i}`);
  await assertRefusals(t, harness, [
    ...[[], "kept", "", 5, true, null, {}, { 0: "kept" }, [1], ["kept", 2], [null], [["kept"]], [{}]].map((
      task_ids,
    ) => refused(`task_ids: ${JSON.stringify(task_ids)}`, { task_ids, confirm: true }, noList)),
    refused("1001 ids", { task_ids: [...KEPT, ...ids(1000)], confirm: true }, tooMany),
    refused("1001 ids in a dry run", { task_ids: ids(1001), dry_run: true }, tooMany),
  ]);
  await t.step("1000 ids are taken", async () => {
    const { status, body } = await harness.call("DELETE", `${V0}/tasks`, {
      task_ids: [...KEPT, ...ids(999)],
      confirm: true,
    });
    assert.equal(status, 200);
    assert.deepEqual(
      { ...body.data.summary, total_size_freed: undefined },
      {
        total_requested: 1000,
        successfully_deleted: 1,
        failed: 999,
        skipped: 0,
        total_size_freed: undefined,
        total_size_freed_bytes: 0,
      },
    );
  });
});

Deno.test("DELETE /tasks names fields of the wrong type and fields it does not know", async (t) => {
  await using harness = await boot();
  await register(harness, ...KEPT);
  const wrong: [string, unknown][] = [
    ["delete_database_records", "false"],
    ["delete_database_records", null],
    ["force", 1],
    ["force", "true"],
    ["continue_on_error", 0],
    ["dry_run", "true"],
    ["dry_run", 1],
    ["dry_run", null],
    ["async", "false"],
    ["async", {}],
  ];
  const unknown = [
    "dryrun",
    "dry_Run",
    "dryRun",
    "dry-run",
    "delete_records",
    "Force",
    "task_id",
    "constructor",
  ];
  const valid = { task_ids: KEPT, confirm: true };
  await assertRefusals(t, harness, [
    ...wrong.map(([name, value]) =>
      refused(`${name}: ${JSON.stringify(value)}`, { ...valid, [name]: value }, {
        invalid_params: [name],
        missing_params: undefined,
      })
    ),
    ...unknown.map((name) =>
      refused(`unknown ${name}`, { ...valid, [name]: true }, { invalid_params: [name] })
    ),
    refused("unknown __proto__", '{"task_ids": ["kept"], "confirm": true, "__proto__": {"dry_run": true}}', {
      invalid_params: ["__proto__"],
    }),
    refused("an unknown field and a wrong type", { ...valid, force: 1, dryrun: true }, {
      invalid_params: (names: string[]) =>
        names.length === 2 && names.includes("force") && names.includes("dryrun"),
    }),
    refused("an unknown field and a missing one", { task_ids: KEPT, dryrun: true }, {
      message: "缺少必需参数: confirm",
      missing_params: ["confirm"],
      invalid_params: ["dryrun"],
    }),
    ...["[]", "null", '"kept"', "1", "true", '["kept"]'].map((text) =>
      refused(`a body that is ${text}`, text, {})
    ),
  ]);
});

Deno.test("DELETE /tasks takes nothing from the query string", async (t) => {
  await using harness = await boot();
  await register(harness, ...KEPT);
  const valid = { task_ids: KEPT, confirm: true };
  const attempts = [
    "dry_run=true",
    "dry_run=false",
    "force=true",
    "confirm=true",
    "delete_database_records=1",
    "x",
  ];
  await assertRefusals(t, harness, [
    ...attempts.map((query) =>
      refused(`?${query} beside a whole body`, valid, { invalid_params: [query.split("=")[0]] }, {
        path: `${V0}/tasks?${query}`,
      })
    ),
    refused("?confirm=true beside a body without it", { task_ids: KEPT }, {}, {
      path: `${V0}/tasks?confirm=true`,
    }),
    refused("?dry_run=true twice", valid, { invalid_params: ["dry_run"] }, {
      path: `${V0}/tasks?dry_run=true&dry_run=true`,
    }),
  ]);
});

Deno.test("DELETE /tasks reads the body as JSON whatever its content type says", async () => {
  await using harness = await boot();
  for (
    const type of ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1"]
  ) {
    await register(harness, "typed");
    const body = { task_ids: ["typed"], confirm: true, delete_database_records: true };
    const answer = await harness.call("DELETE", `${V0}/tasks`, body, { "content-type": type });
    assert.equal(answer.status, 200, type);
    assert.equal(exists(`${harness.trainingData}/typed`), false);
  }
});

Deno.test("DELETE /tasks fails what is no task id before anything is looked at, one by one", async () => {
  await using harness = await boot();
  await register(harness, ...KEPT);
  Deno.mkdirSync(`${harness.folder}/outside`);
  Deno.writeTextFileSync(`${harness.folder}/outside/file`, "x");
  const before = await harness.snapshot();
  const task_ids = [
    "",
    ".",
    "..",
    "../outside",
    "kept/..",
    "./kept",
    "kept/",
    "/etc",
    "kept\n",
    " kept",
    "kept ",
    "任务",
    "-rf",
    ".kept",
    ".pipekeep-trash",
    "a".repeat(65),
    "kept/../../outside",
    "%2e%2e",
    "..\\outside",
    "~",
    "*",
    "\ufffd",
  ];
  const { status, body } = await harness.call("DELETE", `${V0}/tasks`, {
    task_ids,
    confirm: true,
    force: true,
  });
  assert.equal(status, 200);
  assertLike(body, {
    success: false,
    code: 200,
    message: "批量删除失败",
    data: {
      deleted_tasks: [],
      failed_tasks: task_ids.map((task_id) => ({
        task_id,
        error: /^无效的任务ID/,
        error_code: "INVALID_TASK_ID",
      })),
      skipped_tasks: [],
      summary: { total_requested: task_ids.length, failed: task_ids.length, successfully_deleted: 0 },
    },
  });
  assert.deepEqual(await harness.snapshot(), before);
  assert.ok(exists(`${harness.folder}/outside/file`));
});

Deno.test("DELETE /tasks takes an id of 64 characters, and every character of the grammar", async () => {
  await using harness = await boot();
  const task_ids = ["a".repeat(64), "_", "0", "A-b.c_9", "_.-"];
  await register(harness, ...task_ids);
  const { body } = await harness.call("DELETE", `${V0}/tasks`, { task_ids, confirm: true });
  assert.equal(body.message, "批量删除完成");
  assert.equal(body.data.summary.successfully_deleted, task_ids.length);
});
