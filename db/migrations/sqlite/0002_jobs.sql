-- Work that Pipekeep does itself, now or at a set time (api.md 3).
CREATE TABLE jobs (
  job_id       INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id   INTEGER NOT NULL REFERENCES projects (id),
  action       TEXT NOT NULL CHECK (action IN ('delete_user_data', 'delete_tasks', 'cleanup')),
  reference_id TEXT NOT NULL,
  description  TEXT NOT NULL,
  status       TEXT NOT NULL CHECK (status IN ('scheduled', 'running', 'completed', 'failed', 'cancelled')),
  params       TEXT NOT NULL CHECK (json_valid(params)),
  who          TEXT NOT NULL,
  request_id   TEXT NOT NULL,
  start_at     INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER,
  errors       TEXT,
  -- How far it got: task ids handled, and what that freed.
  directories       INTEGER NOT NULL DEFAULT 0 CHECK (directories >= 0),
  directories_total INTEGER NOT NULL DEFAULT 0 CHECK (directories_total >= 0),
  files             INTEGER NOT NULL DEFAULT 0 CHECK (files >= 0),
  bytes             INTEGER NOT NULL DEFAULT 0 CHECK (bytes >= 0),
  CHECK (status = 'scheduled' OR updated_at IS NOT NULL),
  CHECK (status <> 'failed' OR errors IS NOT NULL)
) STRICT;

CREATE INDEX jobs_due        ON jobs (start_at, job_id) WHERE status = 'scheduled';
CREATE INDEX jobs_running    ON jobs (job_id) WHERE status = 'running';
CREATE INDEX jobs_by_project ON jobs (project_id, job_id);
CREATE INDEX jobs_by_status  ON jobs (project_id, status, job_id);
CREATE INDEX jobs_by_action  ON jobs (project_id, action, job_id);
-- One pending deletion of a user's data per project at a time.
CREATE UNIQUE INDEX jobs_one_per_user ON jobs (project_id, reference_id)
  WHERE action = 'delete_user_data' AND status IN ('scheduled', 'running');
