"""What the source documents' own server does to task directories: rglob, stat, shutil.rmtree.

Reads the directories' paths from standard input, one a line, and prints seconds, files and bytes as JSON. The time is
taken around the work, so the interpreter's start does not count.
"""

import json
import shutil
import sys
import time
from pathlib import Path


def directory_stats(directory: Path) -> tuple[int, int]:
    files = size = 0
    for entry in directory.rglob("*"):
        if entry.is_file():
            files += 1
            size += entry.stat().st_size
    return files, size


directories = [Path(line) for line in sys.stdin.read().splitlines()]
started = time.perf_counter()
files = size = 0
for directory in directories:
    if directory.exists():
        found = directory_stats(directory)
        shutil.rmtree(directory)
        files += found[0]
        size += found[1]
print(json.dumps({"seconds": time.perf_counter() - started, "files": files, "bytes": size}))
