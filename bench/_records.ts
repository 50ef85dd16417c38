/** Task records as pipelines leave them, inserted through the program's own migrations and queries. */
import type { TaskStatus } from "../domain/task_states.ts";
import { migrate } from "../db/migrations.ts";
import { insertTasks } from "../db/queries/pipeline_tasks.ts";
import type { NewStep, NewTask } from "../db/schema.ts";
import { openDatabase } from "../db/dialects/sqlite/sqlite.ts";

const STEPS = ["ddl_generation", "qa_generation", "sql_validation", "training_load"];
const NAMES = [
  "高速公路服务区数据训练",
  "电商订单分析",
  "warehouse nightly load",
  "客户画像 v2",
  "Q3 revenue cube",
];
const CONTEXTS = [
  "高速公路服务区业务系统，包含服务区、档口、支付流水和车流量",
  "E-commerce orders, payments and returns",
  null,
];
const DATABASES = ["highway_db", "shop", "warehouse", "crm"];
const USERS = ["guest", "system", "alice", "bob", "etl"];
const FIRST = Date.UTC(2025, 0, 1);
const BETWEEN_MS = 137_000;
const BATCH = 5000;
/** So many of the newest have their (empty) directory; those of the others were deleted long ago. */
const WITH_DIRECTORY = 1000;

export interface RecordOptions {
  database: string;
  trainingData: string;
  records: number;
}

/** Id of the record number `i`; ids ascend with time. */
export function recordId(i: number): string {
  return `task_${new Date(FIRST + i * BETWEEN_MS).toISOString().replace(/\D/g, "").slice(0, 14)}_${i}`;
}

/** Makes the database with so many records, four steps each, and the directories they speak of. */
export async function insertRecords({ database: path, trainingData, records }: RecordOptions): Promise<void> {
  const database = openDatabase(path);
  await migrate(database);
  Deno.mkdirSync(trainingData, { recursive: true });
  for (let from = 0; from < records; from += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, records - from) }, (_, i) => from + i);
    const tasks = numbers.map((i) => taskOf(i, i >= records - WITH_DIRECTORY));
    const steps = tasks.flatMap(stepsOf);
    await database.kysely.transaction().execute((trx) => insertTasks(trx, "", tasks, steps));
    for (const task of tasks) {
      if (task.directory_exists === 1) Deno.mkdirSync(`${trainingData}/${task.task_id}`);
    }
  }
  await database.close();
}

function taskOf(i: number, hasDirectory: boolean): NewTask {
  const status: TaskStatus = i % 50 === 0 ? "pending" : i % 20 === 0 ? "failed" : "completed";
  const created_at = FIRST + i * BETWEEN_MS + (i * 7) % 1000;
  const isOver = status !== "pending";
  return {
    task_id: recordId(i),
    task_name: `${NAMES[i % NAMES.length]} ${i}`,
    task_type: "data_workflow",
    status,
    step_status: status === "completed" ? "all_completed" : status as "pending" | "failed",
    db_name: DATABASES[i % DATABASES.length]!,
    business_context: CONTEXTS[i % CONTEXTS.length]!,
    parameters: JSON.stringify({ table_list_file: "tables.txt", skip_training_load: false, retries: i % 3 }),
    result: isOver ? JSON.stringify({ tables: i % 40, questions: i % 700 }) : null,
    error_message: status === "failed" ? "sql_validation: 3 of 120 statements are invalid" : null,
    created_by: USERS[i % USERS.length]!,
    created_at,
    started_at: isOver ? created_at + 1204 : null,
    completed_at: isOver ? created_at + 912_345 : null,
    updated_at: hasDirectory ? null : created_at + 86_400_000,
    directory_exists: hasDirectory ? 1 : 0,
    directory_size_bytes: hasDirectory ? null : 0,
  };
}

function stepsOf(task: NewTask): NewStep[] {
  const { task_id, created_at } = task;
  return STEPS.map((step_name, position) => {
    const isLast = position === STEPS.length - 1;
    const started_at = created_at + 1204 + position * 200_000;
    const step_status = task.status === "failed" && isLast ? "failed" : "completed";
    const ran = { step_status, started_at, completed_at: started_at + 180_000 } as const;
    const waits = { step_status: "pending", started_at: null, completed_at: null } as const;
    return {
      task_id,
      position,
      step_name,
      execution_id: `${task_id}_step_${step_name}`,
      error_message: null,
      ...(task.status === "pending" ? waits : ran),
    };
  });
}
