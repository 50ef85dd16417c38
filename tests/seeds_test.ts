/**
 * Every line that the source documents print, run as it is printed (tests/_support/documents): `guide_` the usage
 * guide, `plain_` its copy whose indentation was lost (its Python cannot run, and is the guide's otherwise), `design_`
 * the design document, whose line breaks were lost and are put back. Only host and port are replaced.
 *
 * @module
 */
import assert from "node:assert/strict";
import { exists, V0 } from "./_harness.ts";
import { bootAsDocumented, curl, DOCUMENTED, noCurl, noPython, python } from "./_support/documents.ts";
import { assertLike, detailOf, listTasks } from "./_support/scenarios.ts";

/** When the server's clock stands still. */
const TIME = /^2025-07-02T22:57:21\.\d{6}$/;

function deletedTask(task_id: string, deleted_files_count: number, deleted_size: string) {
  return {
    success: true,
    task_id,
    directory_deleted: true,
    database_records_deleted: false,
    deleted_files_count,
    deleted_size,
    deleted_at: TIME,
  };
}

const SINGLE = {
  success: true,
  code: 200,
  message: "任务目录删除成功",
  data: {
    deleted_at: TIME,
    deleted_tasks: [deletedTask("task_20250702_223802", 15, "2.5 MB")],
    failed_tasks: [],
    summary: { total_requested: 1, successfully_deleted: 1, failed: 0 },
  },
};

const PARTIAL = {
  success: true,
  code: 200,
  message: "批量删除部分完成",
  data: {
    ...SINGLE.data,
    failed_tasks: [
      { task_id: "task_20250702_invalid", error: "任务目录不存在", error_code: "DELETE_FAILED" },
    ],
    summary: { total_requested: 2, successfully_deleted: 1, failed: 1 },
  },
};

const DESIGN_BATCH = {
  success: true,
  code: 200,
  message: "批量删除完成",
  data: {
    deleted_tasks: [
      deletedTask("task_20250702_173932", 15, "2.5 MB"),
      deletedTask("task_20250702_174521", 8, "1.2 MB"),
    ],
    failed_tasks: [],
    summary: { total_requested: 2, successfully_deleted: 2, failed: 0, total_size_freed: "3.7 MB" },
    deleted_at: TIME,
  },
};

function batchOf(...ids: string[]) {
  return {
    success: true,
    code: 200,
    message: ids.length === 1 ? "任务目录删除成功" : "批量删除完成",
    data: {
      deleted_tasks: ids.map((task_id) => ({ task_id, success: true, directory_deleted: true })),
      failed_tasks: [],
      summary: { total_requested: ids.length, successfully_deleted: ids.length, failed: 0 },
    },
  };
}

const HIGHWAY = ["task_20250702_223802", "task_20250702_223751", "task_20250702_223705"];
const TESTS = ["task_20250702_test1", "task_20250702_test2"];
const DESIGN = ["task_20250702_173932", "task_20250702_174521"];
const DESIGN_SINGLE = {
  success: true,
  code: 200,
  message: "任务目录删除成功",
  data: { ...deletedTask(DESIGN[0]!, 15, "2.5 MB"), success: undefined },
};

/** What each line deletes; `erased`: with its records. */
const CURLS: [name: string, answer: Record<string, unknown>, gone: string[], erased?: "erased"][] = [
  ["guide_single.sh", SINGLE, [HIGHWAY[0]!]],
  ["plain_single.sh", SINGLE, [HIGHWAY[0]!]],
  ["guide_several.sh", batchOf(...HIGHWAY), HIGHWAY],
  ["plain_several.sh", batchOf(...HIGHWAY), HIGHWAY],
  ["guide_test_tasks.sh", batchOf(...TESTS), TESTS],
  ["plain_test_tasks.sh", batchOf(...TESTS), TESTS],
  ["guide_failed_task.sh", batchOf("task_20250702_failed"), ["task_20250702_failed"], "erased"],
  ["plain_failed_task.sh", batchOf("task_20250702_failed"), ["task_20250702_failed"], "erased"],
  ["design_single.sh", DESIGN_SINGLE, [DESIGN[0]!]],
  [
    "design_single_with_records.sh",
    {
      ...DESIGN_SINGLE,
      data: { ...DESIGN_SINGLE.data, database_records_deleted: true },
    },
    [DESIGN[0]!],
    "erased",
  ],
  ["design_several.sh", DESIGN_BATCH, DESIGN],
];

for (const [name, answer, gone, erased] of CURLS) {
  Deno.test({
    name: `The documents' ${name} deletes what it names and answers as printed`,
    ignore: noCurl,
    async fn() {
      await using harness = await bootAsDocumented();
      assertLike(await curl(name, harness), answer);
      for (const id of Object.keys(DOCUMENTED)) {
        assert.equal(exists(`${harness.trainingData}/${id}`), !gone.includes(id), id);
      }
      for (const id of gone) {
        if (erased) assert.equal((await harness.call("GET", `${V0}/tasks/${id}`)).status, 404);
        else assertLike(await detailOf(harness, id), { directory_exists: false, updated_at: TIME });
      }
    },
  });
}

for (const name of ["guide_list.sh", "plain_list.sh"]) {
  Deno.test({
    name: `The documents' ${name} shows the effect of a deletion`,
    ignore: noCurl,
    async fn() {
      await using harness = await bootAsDocumented();
      await curl("guide_single.sh", harness);
      const { data } = await curl(name, harness);
      assert.equal(data.tasks.length, 5);
      assertLike(data.tasks[0], {
        task_id: "task_20250702_223802",
        directory_exists: false,
        updated_at: TIME,
      });
      assert.equal(data.total, Object.keys(DOCUMENTED).length);
    },
  });
}

for (const standIn of [false, true]) {
  const by = standIn ? "by the stand-in for requests" : "by requests";
  Deno.test({
    name: `The documents' guide_calls.py deletes one task and several, ${by}`,
    ignore: noPython,
    async fn() {
      await using harness = await bootAsDocumented();
      const more =
        "print(json.dumps(delete_multiple_tasks(['task_20250702_223751', 'task_20250702_223705'])))";
      const { output, last } = await python("guide_calls.py", harness, more, standIn);
      assertLike(JSON.parse(output.slice(0, output.indexOf("\n}") + 2)), SINGLE);
      assertLike(last, batchOf("task_20250702_223751", "task_20250702_223705"));
    },
  });
}

Deno.test({
  name: "The documents' guide_calls.py answers a batch that fails in part as printed",
  ignore: noPython,
  async fn() {
    await using harness = await bootAsDocumented();
    const ids = ["task_20250702_223751", "task_20250702_invalid"];
    const { last } = await python(
      "guide_calls.py",
      harness,
      `print(json.dumps(delete_multiple_tasks(${JSON.stringify(ids)})))`,
    );
    const deleted_tasks = [deletedTask("task_20250702_223751", 3, "812 B")];
    assertLike(last, { ...PARTIAL, data: { ...PARTIAL.data, deleted_tasks } });
  },
});

Deno.test({
  name: "The documents' guide_cleanup.py finds the old tasks by their times and deletes them",
  ignore: noPython,
  async fn() {
    await using harness = await bootAsDocumented();
    const again = "print(json.dumps([cleanup_old_tasks(), cleanup_old_tasks(days_old=36500)]))";
    const { last: [cleaned, nothing] } = await python("guide_cleanup.py", harness, again);
    assertLike(cleaned, {
      success: true,
      message: "批量删除完成",
      data: { summary: { successfully_deleted: 8 } },
    });
    assert.deepEqual(nothing, { message: "没有找到需要清理的旧任务" });
    assert.equal((await listTasks(harness, "?directory_exists=false")).total, 8);
  },
});

Deno.test({
  name: "The documents' design_client.py deletes one task, then finds it gone in a batch",
  ignore: noPython,
  async fn() {
    await using harness = await bootAsDocumented();
    const { last: [single, batch] } = await python(
      "design_client.py",
      harness,
      "print(json.dumps([result, batch_result]))",
    );
    assertLike(single, {
      success: true,
      code: 200,
      data: { deleted_size: "2.5 MB", deleted_files_count: 15 },
    });
    assertLike(batch, {
      ...DESIGN_BATCH,
      data: {
        deleted_tasks: [
          { task_id: "task_20250702_173932", directory_deleted: false, deleted_files_count: 0 },
          deletedTask("task_20250702_174521", 8, "1.2 MB"),
        ],
        summary: { total_requested: 2, successfully_deleted: 2, failed: 0, total_size_freed: "1.2 MB" },
      },
    });
  },
});

Deno.test("The errors that the documents print are answered so", async (t) => {
  await using harness = await bootAsDocumented();
  const id = "task_20250702_173932";
  await harness.call("POST", `${V0}/tasks`, { task_id: "runs" });
  await harness.call("PATCH", `${V0}/tasks/runs`, { status: "running" });
  const missing = {
    success: false,
    code: 400,
    message: "缺少必需参数: confirm",
    missing_params: ["confirm"],
  };
  const running = "任务正在运行中，无法删除";
  const cases: [name: string, path: string, body: unknown, answer: Record<string, unknown>][] = [
    ["no confirm in a batch", "", { task_ids: [id] }, missing],
    ["no confirm", `/${id}`, {}, missing],
    ["no ids", "", { task_ids: [], confirm: true }, {
      success: false,
      code: 400,
      message: "task_ids必须是非空的任务ID列表",
    }],
    ["unknown task", "/task_invalid_id", { confirm: true }, {
      success: false,
      code: 404,
      message: "任务不存在: task_invalid_id",
    }],
    ["running task", "/runs", { confirm: true }, {
      success: false,
      code: 409,
      message: running,
      data: { task_id: "runs", current_status: "running" },
    }],
    ["running task in a batch", "", { task_ids: [id, "runs"], confirm: true }, {
      success: true,
      code: 200,
      message: "批量删除部分完成",
      data: {
        deleted_tasks: [{ task_id: id, deleted_size: "2.5 MB" }],
        failed_tasks: [{ task_id: "runs", error: running, error_code: "TASK_RUNNING" }],
        summary: { total_requested: 2, successfully_deleted: 1, failed: 1, total_size_freed: "2.5 MB" },
      },
    }],
  ];
  for (const [name, path, body, answer] of cases) {
    await t.step(name, async () => {
      const got = await harness.call("DELETE", `${V0}/tasks${path}`, body);
      assert.equal(got.status, answer.code);
      assertLike(got.body, answer);
    });
  }
});
