"""The list of tasks by FastAPI and sqlite3, for comparison: the same page, the same fields, one process.

    reference_list.py PIPEKEEP_DB REFERENCE_DB

Copies the records into a table as such a server would have made it (times as ISO text, so nothing is left to format)
and serves it twice: `/tasks` as FastAPI is usually written, a dict that FastAPI makes JSON of; `/fair/tasks` with
`json.dumps` and a finished Response. Both count on every request, as the source documents' server has to.
"""

import json
import socket
import sqlite3
import sys
from datetime import datetime
from typing import Optional

import uvicorn
from fastapi import FastAPI, Response

SOURCE, DATABASE = sys.argv[1:3]
COLUMNS = (
    "task_id, project_id, task_name, task_type, status, step_status, created_at, started_at, completed_at, created_by, db_name, "
    "business_context, directory_exists, updated_at, directory_size_bytes"
)
NAMES = COLUMNS.split(", ")
TIMES = {"created_at", "started_at", "completed_at", "updated_at"}


def copy_records() -> sqlite3.Connection:
    connection = sqlite3.connect(DATABASE, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"CREATE TABLE data_pipeline_tasks ({COLUMNS}, PRIMARY KEY (task_id))")
    source = sqlite3.connect(f"file:{SOURCE}?mode=ro", uri=True)
    rows = source.execute(f"SELECT {COLUMNS} FROM data_pipeline_tasks")
    insert = f"INSERT INTO data_pipeline_tasks VALUES ({', '.join('?' * len(NAMES))})"
    connection.executemany(insert, ([as_text(n, v) for n, v in zip(NAMES, row)] for row in rows))
    connection.execute("CREATE INDEX newest ON data_pipeline_tasks (created_at DESC, task_id DESC)")
    # Counting goes over the smallest index: this one makes it fifty times as fast.
    connection.execute("CREATE INDEX by_directory ON data_pipeline_tasks (directory_exists)")
    connection.commit()
    connection.execute("ANALYZE")
    source.close()
    return connection


def as_text(name: str, value):
    if value is None or name not in TIMES:
        return value
    return datetime.fromtimestamp(value / 1000).isoformat()


connection = copy_records()
connection.row_factory = sqlite3.Row
app = FastAPI()


def page(limit: int, offset: int, status: Optional[str]) -> dict:
    where, parameters = ("", []) if status is None else ("WHERE status = ?", [status])
    total = connection.execute(f"SELECT count(*) FROM data_pipeline_tasks {where}", parameters).fetchone()[0]
    rows = connection.execute(
        f"SELECT {COLUMNS} FROM data_pipeline_tasks {where} "
        "ORDER BY created_at DESC, task_id DESC LIMIT ? OFFSET ?",
        [*parameters, limit, offset],
    )
    tasks = []
    for row in rows:
        task = dict(row)
        task["directory_exists"] = bool(task["directory_exists"])
        tasks.append(task)
    data = {"tasks": tasks, "total": total, "limit": limit, "offset": offset}
    return {"success": True, "code": 200, "message": "获取任务列表成功", "data": data}


@app.get("/tasks")
async def list_tasks(limit: int = 50, offset: int = 0, status: Optional[str] = None):
    return page(limit, offset, status)


@app.get("/fair/tasks")
async def list_tasks_fair(limit: int = 50, offset: int = 0, status: Optional[str] = None):
    body = json.dumps(page(limit, offset, status), ensure_ascii=False, separators=(",", ":"))
    return Response(body.encode(), media_type="application/json")


# With the protocol named, asyncio turns Nagle's algorithm off; else each answer waits 40 ms for an acknowledgement.
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", 0))
listener.listen(128)
print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
config = uvicorn.Config(app, access_log=False, log_level="warning")
uvicorn.Server(config).run(sockets=[listener])
