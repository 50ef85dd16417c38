-- Who runs a job, and what it chose when it started (docs/state_machines.md).
ALTER TABLE jobs ADD COLUMN token TEXT;
ALTER TABLE jobs ADD COLUMN holder TEXT;
-- One more with every claim: what an earlier holder still writes is refused.
ALTER TABLE jobs ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0 CHECK (epoch >= 0);
ALTER TABLE jobs ADD COLUMN lease_expires_at INTEGER;
-- When the tasks were chosen; from then on job_items has them, and they are not chosen again.
ALTER TABLE jobs ADD COLUMN selected_at INTEGER;

CREATE UNIQUE INDEX jobs_by_token ON jobs (token) WHERE token IS NOT NULL;

-- Beside the job, so that saving its progress does not write them again.
CREATE TABLE job_items (
  job_id   INTEGER NOT NULL REFERENCES jobs (job_id),
  position INTEGER NOT NULL CHECK (position >= 0),
  task_id  TEXT NOT NULL,
  PRIMARY KEY (job_id, position)
) STRICT, WITHOUT ROWID;
