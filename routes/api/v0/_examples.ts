/** Values for the examples of v0's document, by the names of fields; consistent with each other. */
import type { ExampleValues } from "../../../http/examples.ts";
import { EXAMPLES as PUBLIC_EXAMPLES } from "../../public/_examples.ts";

const TASK_ID = "task_20250702_225721";
const OTHER_ID = "task_20250703_101500";

export const EXAMPLES: ExampleValues = {
  // jobs look as they do there
  ...PUBLIC_EXAMPLES,
  // a task
  task_id: TASK_ID,
  project_id: 1,
  task_name: "服务区数据库",
  task_type: "data_workflow",
  status: "completed",
  "Task.step_status": "all_completed",
  "TaskDetail.step_status": "all_completed",
  created_at: "2025-07-02T22:57:21.317000",
  started_at: "2025-07-02T22:57:22",
  completed_at: "2025-07-02T23:10:42.500000",
  created_by: "guest",
  db_name: "highway_db",
  business_context: "高速公路服务区管理系统",
  directory_exists: true,
  updated_at: "2025-07-02T23:10:42.500000",
  directory_size_bytes: 2621440,
  parameters: { table_list: "tables.txt" },
  result: { tables: 12 },
  error_message: null,
  output_directory: `training_data/${TASK_ID}`,
  current_step: null,
  total_steps: 1,
  // its steps
  step_name: "ddl_generation",
  step_status: "completed",
  execution_id: "exec_1",
  // the place in a list
  total: 1,
  limit: 50,
  offset: 0,
  next_cursor: null,
  // what deletions take and answer
  task_ids: [TASK_ID, OTHER_ID],
  confirm: true,
  success: true,
  directory_deleted: true,
  deleted_files_count: 12,
  deleted_size: "2.5 MB",
  deleted_size_bytes: 2621440,
  deleted_at: "2025-07-10T09:30:00.125000",
  failed_tasks: [{
    task_id: OTHER_ID,
    error: "任务正在运行中，无法删除",
    error_code: "TASK_RUNNING",
    current_status: "running",
  }],
  skipped_tasks: [],
  summary: {
    total_requested: 2,
    successfully_deleted: 1,
    failed: 1,
    skipped: 0,
    total_size_freed: "2.5 MB",
    total_size_freed_bytes: 2621440,
  },
  job_id: 7,
  status_url: "/api/v0/data_pipeline/jobs/7",
  // the operation log
  deletion_id: "0197f0a6-5b7d-7000-8000-3f1d5c1c2b9a",
  who: "127.0.0.1",
  request_id: "6f1c2d3e-8a4b-4c5d-9e6f-0a1b2c3d4e5f",
  "Deletion.job_id": null,
  requested_at: "2025-07-10T09:30:00.100000",
  finished_at: "2025-07-10T09:30:00.125000",
  outcome: "purged",
  "Deletion.unmeasured_files": 0,
  duration_ms: 25,
  error: null,
  error_code: null,
  // what a comparison of records and disk changed
  adopted: 2,
  vanished: 1,
  returned: 0,
  completed: 0,
};
