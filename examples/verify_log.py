#!/usr/bin/env python3
"""Checks the hash chain of Pipekeep's operation log without Pipekeep, as docs/operations.md describes it.

    examples/verify_log.py [pipekeep.db]

The server may run meanwhile. Exit code 0: all fits, and the chain's end is printed (keep it somewhere else, and see later
whether it is still part of the chain). Exit code 1: the first place that does not fit is printed.
"""

import hashlib
import json
import pathlib
import sqlite3
import sys

path = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "pipekeep.db")
database = sqlite3.connect(path.resolve().as_uri() + "?mode=ro", uri=True)
database.row_factory = sqlite3.Row
database.execute("BEGIN")

place, previous = 0, "0" * 64
for row in database.execute("SELECT * FROM deletions WHERE sequence IS NOT NULL ORDER BY sequence"):
    content = {name: row[name] for name in row.keys() if row[name] is not None and name not in ("hash", "volume_id")}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    computed = hashlib.sha256(text.encode()).hexdigest()
    if (row["sequence"], row["previous_hash"], row["hash"]) != (place + 1, previous, computed):
        sys.exit(f"place {place + 1} does not fit; what stands there is deletion {row['deletion_id']}")
    place, previous = place + 1, computed

end = database.execute("SELECT sequence, hash FROM deletion_chain").fetchone()
if (place, previous) != (end["sequence"], end["hash"]):
    sys.exit(f"the chain goes to {end['sequence']}, {end['hash']}; its rows to {place}, {previous}")
print(f"{place} entries fit; the last hash is {previous}")
