/** Sample runs to try things on (`serve --demo`). Only ever into an empty training_data. */
import type { TaskStatus } from "../../domain/task_states.ts";
import { insertTasks } from "../../db/queries/pipeline_tasks.ts";
import type { NewStep, NewTask } from "../../db/schema.ts";
import type { Database } from "../../db/database.ts";
import { DEFAULT_STEPS } from "./pipeline_tasks.ts";
import { formatLocalTime } from "../../domain/format.ts";
import { taskIdAt } from "../../domain/task_id.ts";
import { summarizeSteps, timesIn } from "../../domain/task_states.ts";
import type { TrainingData } from "../training_data/training_data.ts";

const RUNS = 40;
const HOUR_MS = 60 * 60 * 1000;
const DATABASES = ["highway_db", "retail_db", "hospital_db", "logistics_db"];
const CONTEXTS = ["高速公路服务区管理系统", "连锁零售销售分析", "医院门诊与住院数据", "物流运输与仓储"];
const PEOPLE = ["guest", "zhang.wei", "li.na", "nightly"];

/** The runs that the source documents' examples name, so that their lines can be tried as they are printed. */
const FROM_THE_DOCUMENTS = [
  "task_20250702_223802",
  "task_20250702_223751",
  "task_20250702_223705",
  "task_20250702_173932",
  "task_20250702_174521",
  "task_20250702_test1",
  "task_20250702_test2",
  "task_20250702_failed",
];

/** Makes some 40 runs with records, steps and files. Returns how many; 0 when training_data was not empty. */
export async function fillWithSamples(
  database: Database,
  trainingData: TrainingData,
  now: number,
): Promise<number> {
  if (!trainingData.taskDirectories().next().done) return 0;
  const recent = Array.from({ length: RUNS - FROM_THE_DOCUMENTS.length }, (_, i) => {
    const startedAt = now - (i * i * 0.9 + i * 3 + 0.2) * HOUR_MS;
    return { task_id: taskIdAt(startedAt), startedAt };
  });
  const printed = FROM_THE_DOCUMENTS.map((task_id, i) => ({
    task_id,
    startedAt: new Date(2025, 6, 2, 22, 38, 2).getTime() - i * 46_000,
  }));
  const tasks: NewTask[] = [];
  const steps: NewStep[] = [];
  for (const [i, run] of [...recent, ...printed].entries()) {
    const { task, steps: itsSteps } = sample(run.task_id, run.startedAt, i);
    tasks.push(task);
    steps.push(...itsSteps);
    trainingData.createDirectory(run.task_id);
    trainingData.writeSample(run.task_id, filesOf(task, i));
  }
  await database.transaction((trx) => insertTasks(trx, trainingData.volumeId, tasks, steps));
  return tasks.length;
}

function statusOf(task_id: string, i: number): TaskStatus {
  if (task_id.endsWith("_failed") || i % 9 === 5) return "failed";
  if (i === 0) return "running";
  if (i % 11 === 7) return "partial_completed";
  return i % 13 === 9 ? "cancelled" : "completed";
}

function sample(task_id: string, startedAt: number, i: number): { task: NewTask; steps: NewStep[] } {
  const status = statusOf(task_id, i);
  const finished =
    { completed: 4, running: 1, partial_completed: 2, failed: 2, cancelled: 1, pending: 0 }[status];
  const steps = DEFAULT_STEPS.map((step_name, position): NewStep => {
    const step_status = position < finished
      ? "completed" as const
      : position === finished && status === "running"
      ? "running" as const
      : position === finished && status === "failed"
      ? "failed" as const
      : "pending" as const;
    const at = startedAt + position * 90_000;
    return {
      task_id,
      position,
      step_name,
      step_status,
      execution_id: step_status === "pending" ? null : `${task_id}_step_${step_name}`,
      ...timesIn(step_status, { started_at: null, completed_at: null }, at),
      error_message: step_status === "failed" ? "SQL validation failed for 3 of 120 questions" : null,
    };
  });
  return {
    task: {
      task_id,
      task_name: `${CONTEXTS[i % CONTEXTS.length]} ${i + 1}`,
      task_type: "data_workflow",
      status,
      step_status: summarizeSteps(steps),
      db_name: DATABASES[i % DATABASES.length]!,
      business_context: CONTEXTS[i % CONTEXTS.length]!,
      parameters: JSON.stringify({ db_name: DATABASES[i % DATABASES.length], table_count: 5 + i % 7 }),
      result: status === "completed" ? JSON.stringify({ questions: 120, valid: 117 }) : null,
      error_message: status === "failed" ? "sql_validation: 3 questions have no valid SQL" : null,
      created_by: PEOPLE[i % PEOPLE.length]!,
      created_at: startedAt,
      ...timesIn(status, { started_at: startedAt, completed_at: null }, startedAt + 360_000),
      updated_at: null,
      directory_exists: 1,
      directory_size_bytes: null,
    },
    steps,
  };
}

/** Name → text of each file; `/` makes a folder. */
function filesOf(task: NewTask, i: number): Map<string, string> {
  const files = new Map<string, string>();
  const stamp = formatLocalTime(task.created_at).slice(0, 19).replace("T", " ");
  const failure = task.error_message === null ? "" : `${stamp} [ERROR] DataPipeline: ${task.error_message}\n`;
  files.set("data_pipeline.log", `${stamp} [INFO] DataPipeline: 任务开始 ${task.task_id}\n${failure}`);
  files.set("table_list.txt", Array.from({ length: 5 + i % 7 }, (_, t) => `bss_table_${t}\n`).join(""));
  for (let t = 0; t < 5 + i % 7; t++) {
    files.set(`ddl/bss_table_${t}.ddl`, `-- ${task.business_context}\n`.repeat(10 + (i * 7 + t) % 40));
    files.set(`docs/bss_table_${t}_detail.md`, `## bss_table_${t}\n`.repeat(20 + (i * 5 + t) % 60));
  }
  const pair = '{"question": "各服务区的营业额排名", "sql": "SELECT 1"},\n';
  files.set("qs_pairs.json", `[\n${pair.repeat(40 + (i * 97) % 3000)}{}]\n`);
  return files;
}
