-- Who may call (api.md 4). A key is shown once; only its hash is kept. A revoked one stays: that a key was ever made
-- closes the server to strangers for good.
CREATE TABLE api_keys (
  key_id     TEXT PRIMARY KEY,
  name       TEXT NOT NULL,
  role       TEXT NOT NULL CHECK (role IN ('read', 'write', 'admin')),
  -- SHA-256 of the whole key, in hex.
  hash       TEXT NOT NULL CHECK (length(hash) = 64),
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX api_keys_by_name ON api_keys (name) WHERE revoked_at IS NULL;
