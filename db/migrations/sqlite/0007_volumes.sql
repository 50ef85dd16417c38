-- Which training_data a row speaks of: the id of its volume (services/training_data/volume.ts). A host does not touch
-- what belongs to another's. '' is of before there were volumes: the next start that opens training_data claims it.
-- task_id stays unique over all volumes here; the key becomes (volume_id, task_id) with PostgreSQL's tables.
ALTER TABLE data_pipeline_tasks ADD COLUMN volume_id TEXT NOT NULL DEFAULT '';
ALTER TABLE data_pipeline_task_steps ADD COLUMN volume_id TEXT NOT NULL DEFAULT '';
ALTER TABLE deletions ADD COLUMN volume_id TEXT NOT NULL DEFAULT '';

DROP INDEX deletions_under_way;
CREATE UNIQUE INDEX deletions_under_way ON deletions (volume_id, task_id)
  WHERE state = 'intent' OR (state = 'trashed' AND purge_at IS NULL);

-- Empty from the first start on: a start does not read all rows to see that none is left to claim.
CREATE INDEX tasks_unclaimed     ON data_pipeline_tasks (id) WHERE volume_id = '';
CREATE INDEX steps_unclaimed     ON data_pipeline_task_steps (task_id) WHERE volume_id = '';
CREATE INDEX deletions_unclaimed ON deletions (deletion_id) WHERE volume_id = '';
