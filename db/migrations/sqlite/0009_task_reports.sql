-- When a pipeline last reported on the task; null: nobody ever did. `updated_at` also counts marks of the directory.
ALTER TABLE data_pipeline_tasks ADD COLUMN reported_at INTEGER;
-- Of rows that are there already, nobody knows which it was: they count as reported, and go on waiting for somebody.
UPDATE data_pipeline_tasks SET reported_at = updated_at
WHERE created_by = 'system' AND status = 'running' AND updated_at IS NOT NULL;
