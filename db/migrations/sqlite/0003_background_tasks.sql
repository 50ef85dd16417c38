-- Work that workers outside claim, do and report here (api.md 2; docs/state_machines.md draws the states).
CREATE TABLE background_tasks (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id       INTEGER NOT NULL REFERENCES projects (id),
  task_type        TEXT NOT NULL CHECK (task_type IN ('search', 'dedup', 'crawl', 'ocr', 'index', 'keyword_expand')),
  status           TEXT NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
  progress         INTEGER NOT NULL CHECK (progress >= 0),
  total            INTEGER NOT NULL CHECK (total >= 0),
  -- A higher number goes first.
  priority         INTEGER NOT NULL CHECK (priority BETWEEN -1000 AND 1000),
  attempts         INTEGER NOT NULL CHECK (attempts BETWEEN 0 AND max_attempts),
  max_attempts     INTEGER NOT NULL CHECK (max_attempts BETWEEN 1 AND 100),
  -- One more with every change that a reader can see.
  version          INTEGER NOT NULL CHECK (version >= 1),
  created_at       INTEGER NOT NULL,
  run_at           INTEGER NOT NULL,
  -- 0 while it waits for run_at: such tasks would otherwise be stepped over by every claim.
  due              INTEGER NOT NULL CHECK (due IN (0, 1)),
  started_at       INTEGER,
  completed_at     INTEGER,
  worker           TEXT,
  lease_token      TEXT,
  lease_seconds    INTEGER CHECK (lease_seconds BETWEEN 1 AND 86400),
  lease_expires_at INTEGER,
  idempotency_key  TEXT,
  error_message    TEXT NOT NULL,
  -- The long ones last: a page of the list reads none of them.
  result           TEXT CHECK (result IS NULL OR json_valid(result)),
  params           TEXT NOT NULL CHECK (json_valid(params)),
  CHECK (total = 0 OR progress <= total),
  CHECK (due = 1 OR status = 'pending'),
  CHECK ((started_at IS NULL) = (attempts = 0)),
  CHECK (status IN ('pending', 'cancelled') OR attempts > 0),
  CHECK ((completed_at IS NULL) = (status IN ('pending', 'running'))),
  CHECK ((lease_token IS NULL) = (status <> 'running')),
  CHECK ((lease_seconds IS NULL) = (status <> 'running')),
  CHECK ((lease_expires_at IS NULL) = (status <> 'running')),
  CHECK (status <> 'pending' OR worker IS NULL),
  CHECK (status <> 'running' OR worker IS NOT NULL),
  CHECK (result IS NULL OR status = 'completed'),
  CHECK (error_message = '' OR status = 'failed')
) STRICT;

CREATE TRIGGER background_tasks_transitions BEFORE UPDATE OF status ON background_tasks
WHEN NEW.status <> OLD.status AND OLD.status <> 'running'
  AND NOT (OLD.status = 'pending' AND NEW.status IN ('running', 'cancelled'))
BEGIN
  SELECT RAISE(ABORT, 'a background task cannot go from that state to that one');
END;

-- One index behind each filter of the list. The id follows in each, so that they give its order read backwards.
CREATE INDEX background_tasks_newest            ON background_tasks (created_at);
CREATE INDEX background_tasks_by_project        ON background_tasks (project_id, created_at);
CREATE INDEX background_tasks_by_status         ON background_tasks (status, created_at);
CREATE INDEX background_tasks_by_project_status ON background_tasks (project_id, status, created_at);
CREATE UNIQUE INDEX background_tasks_once       ON background_tasks (project_id, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
-- The next task of each type is the first entry of its range.
CREATE INDEX background_tasks_next    ON background_tasks (task_type, priority DESC, created_at)
  WHERE status = 'pending' AND due = 1;
-- Conditions that no other index answers: the planner would take background_tasks_by_status, and read all of them.
CREATE INDEX background_tasks_waiting ON background_tasks (run_at) WHERE due = 0;
CREATE INDEX background_tasks_leases  ON background_tasks (lease_expires_at) WHERE lease_expires_at IS NOT NULL;
