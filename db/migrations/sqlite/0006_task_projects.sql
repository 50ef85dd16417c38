-- The list narrowed to one project (api.md 1.4).
CREATE INDEX tasks_by_project ON data_pipeline_tasks (project_id, created_at DESC, task_id DESC);
