-- What a deletion removed, counted fully, and the hash chain over the log (docs/operations.md). No CHECKs on new columns:
-- each would read every row of the log once more when an older database is brought here.
ALTER TABLE deletions ADD COLUMN allocated_bytes INTEGER;
ALTER TABLE deletions ADD COLUMN freed_bytes INTEGER;
ALTER TABLE deletions ADD COLUMN directories_count INTEGER;
ALTER TABLE deletions ADD COLUMN links_count INTEGER;
-- Of the whole file system, so negative when somebody else wrote more meanwhile.
ALTER TABLE deletions ADD COLUMN free_bytes_change INTEGER;
-- How often its entry in the trash resisted, and since when.
ALTER TABLE deletions ADD COLUMN failed_attempts INTEGER;
ALTER TABLE deletions ADD COLUMN stuck_since INTEGER;
-- Set together, by the transaction that ends the row; nothing of it changes from then on.
ALTER TABLE deletions ADD COLUMN sequence INTEGER;
ALTER TABLE deletions ADD COLUMN previous_hash TEXT;
ALTER TABLE deletions ADD COLUMN hash TEXT;

CREATE UNIQUE INDEX deletions_sealed ON deletions (sequence) WHERE sequence IS NOT NULL;
-- The log of an older program, in the order in which it is sealed; empty from then on.
CREATE INDEX deletions_unsealed ON deletions (finished_at, deletion_id)
  WHERE sequence IS NULL AND state IN ('purged', 'released', 'failed', 'restored');

-- The last row of the chain. Beside the log, so that rows cannot be cut off its end unseen.
CREATE TABLE deletion_chain (
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  sequence INTEGER NOT NULL CHECK (sequence >= 0),
  hash     TEXT NOT NULL CHECK (length(hash) = 64)
) STRICT;

INSERT INTO deletion_chain (id, sequence, hash)
VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

-- All but volume_id, which follows the directory when that gets another name.
CREATE TRIGGER deletions_sealed_update BEFORE UPDATE OF
  deletion_id, task_id, state, who, request_id, job_id, delete_database_records, force, directory_deleted, requested_at,
  trashed_at, purge_at, finished_at, duration_ms, deleted_files_count, deleted_size_bytes, unmeasured_files,
  allocated_bytes, freed_bytes, directories_count, links_count, free_bytes_change, failed_attempts, stuck_since,
  error_code, error, sequence, previous_hash, hash
ON deletions WHEN OLD.sequence IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'a sealed row of the operation log does not change');
END;

CREATE TRIGGER deletions_sealed_delete BEFORE DELETE ON deletions WHEN OLD.sequence IS NOT NULL
BEGIN
  SELECT RAISE(ABORT, 'a sealed row of the operation log does not go');
END;
