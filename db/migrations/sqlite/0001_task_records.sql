-- The pipeline's tasks and steps, the log of deletions, and what the last start saw (api.md 1).
-- Times are epoch milliseconds (UTC) everywhere.

CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE projects (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  name        TEXT NOT NULL UNIQUE,
  project_key TEXT NOT NULL UNIQUE,
  created_at  INTEGER NOT NULL
) STRICT;

INSERT INTO projects (id, name, project_key, created_at)
VALUES (1, 'default', lower(hex(randomblob(10))), CAST(unixepoch('subsec') * 1000 AS INTEGER));

CREATE TABLE data_pipeline_tasks (
  -- Explicit, so that VACUUM keeps it: task_names refers to it.
  id                   INTEGER PRIMARY KEY,
  task_id              TEXT NOT NULL UNIQUE,
  project_id           INTEGER NOT NULL DEFAULT 1 REFERENCES projects (id),
  task_name            TEXT,
  task_type            TEXT NOT NULL,
  status               TEXT NOT NULL
    CHECK (status IN ('pending', 'running', 'partial_completed', 'completed', 'failed', 'cancelled')),
  -- One word over the task's steps, kept by the transaction that changes a step: a page of the list reads no steps.
  step_status          TEXT
    CHECK (step_status IN ('failed', 'running', 'all_completed', 'partial_completed', 'pending')),
  db_name              TEXT,
  business_context     TEXT,
  parameters           TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(parameters)),
  result               TEXT CHECK (result IS NULL OR json_valid(result)),
  error_message        TEXT,
  created_by           TEXT NOT NULL,
  created_at           INTEGER NOT NULL,
  started_at           INTEGER,
  completed_at         INTEGER,
  updated_at           INTEGER,
  directory_exists     INTEGER NOT NULL CHECK (directory_exists IN (0, 1)),
  directory_size_bytes INTEGER CHECK (directory_size_bytes >= 0),
  CHECK (status <> 'pending' OR (started_at IS NULL AND completed_at IS NULL)),
  CHECK (status NOT IN ('running', 'partial_completed') OR (started_at IS NOT NULL AND completed_at IS NULL)),
  CHECK (status NOT IN ('completed', 'failed', 'cancelled') OR completed_at IS NOT NULL)
) STRICT;

-- One index behind each filter, each in the list's own order.
CREATE INDEX tasks_newest           ON data_pipeline_tasks (created_at DESC, task_id DESC);
CREATE INDEX tasks_by_status        ON data_pipeline_tasks (status, created_at DESC, task_id DESC);
CREATE INDEX tasks_by_directory     ON data_pipeline_tasks (directory_exists, created_at DESC, task_id DESC);
CREATE INDEX tasks_by_created_by    ON data_pipeline_tasks (created_by, created_at DESC, task_id DESC);
CREATE INDEX tasks_by_db_name       ON data_pipeline_tasks (db_name, created_at DESC, task_id DESC);

-- Substrings of a task's name, by trigram.
CREATE VIRTUAL TABLE task_names USING fts5 (task_name, content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1');

CREATE TRIGGER task_names_insert AFTER INSERT ON data_pipeline_tasks WHEN NEW.task_name IS NOT NULL BEGIN
  INSERT INTO task_names (rowid, task_name) VALUES (NEW.id, NEW.task_name);
END;
CREATE TRIGGER task_names_delete AFTER DELETE ON data_pipeline_tasks WHEN OLD.task_name IS NOT NULL BEGIN
  DELETE FROM task_names WHERE rowid = OLD.id;
END;
CREATE TRIGGER task_names_update AFTER UPDATE OF task_name ON data_pipeline_tasks BEGIN
  DELETE FROM task_names WHERE rowid = OLD.id;
  INSERT INTO task_names (rowid, task_name) SELECT NEW.id, NEW.task_name WHERE NEW.task_name IS NOT NULL;
END;

CREATE TABLE data_pipeline_task_steps (
  task_id       TEXT NOT NULL REFERENCES data_pipeline_tasks (task_id) ON DELETE CASCADE,
  position      INTEGER NOT NULL,
  step_name     TEXT NOT NULL,
  step_status   TEXT NOT NULL CHECK (step_status IN ('pending', 'running', 'completed', 'failed', 'skipped')),
  execution_id  TEXT,
  started_at    INTEGER,
  completed_at  INTEGER,
  error_message TEXT,
  PRIMARY KEY (task_id, step_name),
  CHECK (step_status <> 'pending' OR (started_at IS NULL AND completed_at IS NULL)),
  CHECK (step_status <> 'running' OR (started_at IS NOT NULL AND completed_at IS NULL)),
  CHECK (step_status NOT IN ('completed', 'failed', 'skipped') OR completed_at IS NOT NULL)
) STRICT, WITHOUT ROWID;

CREATE INDEX steps_running ON data_pipeline_task_steps (task_id) WHERE step_status = 'running';

-- One row per attempted deletion: first the protocol's state, in the end the operation log (docs/state_machines.md).
CREATE TABLE deletions (
  deletion_id              TEXT PRIMARY KEY,
  task_id                  TEXT NOT NULL,
  state                    TEXT NOT NULL
    CHECK (state IN ('intent', 'trashed', 'purged', 'purge_failed', 'released', 'failed', 'stranded', 'restored')),
  who                      TEXT NOT NULL,
  request_id               TEXT NOT NULL,
  -- The job that did it, if one did.
  job_id                   INTEGER,
  delete_database_records  INTEGER NOT NULL CHECK (delete_database_records IN (0, 1)),
  force                    INTEGER NOT NULL CHECK (force IN (0, 1)),
  directory_deleted        INTEGER NOT NULL DEFAULT 0 CHECK (directory_deleted IN (0, 1)),
  requested_at             INTEGER NOT NULL,
  trashed_at               INTEGER,
  -- When the trash entry is due to go, with --trash-retention; null: at once.
  purge_at                 INTEGER,
  finished_at              INTEGER,
  duration_ms              INTEGER CHECK (duration_ms >= 0),
  -- Measured before anything was removed; null when that was not possible.
  deleted_files_count      INTEGER CHECK (deleted_files_count >= 0),
  deleted_size_bytes       INTEGER CHECK (deleted_size_bytes >= 0),
  unmeasured_files         INTEGER CHECK (unmeasured_files >= 0),
  error_code               TEXT,
  error                    TEXT,
  CHECK (state NOT IN ('trashed', 'purge_failed', 'restored') OR trashed_at IS NOT NULL),
  CHECK (state NOT IN ('purged', 'released', 'failed', 'stranded', 'restored') OR finished_at IS NOT NULL),
  CHECK (state NOT IN ('failed', 'purge_failed', 'stranded') OR error_code IS NOT NULL),
  CHECK (state <> 'intent' OR (trashed_at IS NULL AND finished_at IS NULL))
) STRICT;

-- Two deletions of one task exclude each other here, whatever the program does.
CREATE UNIQUE INDEX deletions_under_way ON deletions (task_id)
  WHERE state = 'intent' OR (state = 'trashed' AND purge_at IS NULL);
-- What a start has to finish, and what retention has to purge.
CREATE INDEX deletions_unfinished ON deletions (state) WHERE state IN ('intent', 'purge_failed', 'stranded');
CREATE INDEX deletions_due        ON deletions (purge_at) WHERE state = 'trashed';
CREATE INDEX deletions_newest     ON deletions (requested_at DESC, deletion_id DESC);
CREATE INDEX deletions_by_task    ON deletions (task_id, requested_at DESC, deletion_id DESC);
CREATE INDEX deletions_by_who     ON deletions (who, requested_at DESC, deletion_id DESC);
CREATE INDEX deletions_by_state   ON deletions (state, requested_at DESC, deletion_id DESC);
CREATE INDEX deletions_by_job     ON deletions (job_id, requested_at DESC, deletion_id DESC) WHERE job_id IS NOT NULL;
CREATE INDEX deletions_by_request ON deletions (request_id, requested_at DESC, deletion_id DESC);
