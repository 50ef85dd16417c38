/** What jobs do, and the states they go through (docs/state_machines.md draws them). */
export const JOB_STATUSES = ["scheduled", "running", "completed", "failed", "cancelled"] as const;
export type JobStatus = typeof JOB_STATUSES[number];

export const JOB_ACTIONS = ["delete_user_data", "delete_tasks", "cleanup"] as const;
export type JobAction = typeof JOB_ACTIONS[number];
