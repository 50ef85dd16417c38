#!/usr/bin/env python3
"""A worker in Python, with the standard library only.

It claims background tasks, works on them step by step, reports each step, and stops when a task was cancelled or is
no longer its own. What the work raises becomes the task's error_message.

    examples/worker.py [--once] [--step-seconds S] [TASK_TYPE ...]

--once ends it when there is nothing to do; otherwise it asks again after 5 seconds. PIPEKEEP_SERVER and
PIPEKEEP_API_KEY (a key of role write, where keys are wanted) come from the environment.
"""

import argparse
import json
import os
import socket
import sys
import time
import traceback
import urllib.error
import urllib.request

SERVER = os.environ.get("PIPEKEEP_SERVER", "http://127.0.0.1:8084")
API_KEY = os.environ.get("PIPEKEEP_API_KEY")
WORKER = f"worker.py@{socket.gethostname()}:{os.getpid()}"
LEASE_SECONDS = 30


class Stop(Exception):
    """The task was cancelled, or is no longer this worker's: nothing more is to be done or said about it."""


def call(method, path, body):
    """The answer's data, None for 204. A server that is being restarted is asked again."""
    request = urllib.request.Request(f"{SERVER}/api/v1/tasks{path}", json.dumps(body).encode(), method=method)
    request.add_header("Content-Type", "application/json")
    if API_KEY:
        request.add_header("Authorization", f"Bearer {API_KEY}")
    for tries_left in reversed(range(10)):
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                text = response.read()
            return json.loads(text)["data"] if text else None
        except urllib.error.HTTPError as refusal:
            answer = refusal.read().decode()
            if refusal.code == 409:
                raise Stop(json.loads(answer)["message"]) from None
            raise RuntimeError(f"{method} {path}: {refusal.code} {answer}") from None
        except OSError:
            if tries_left == 0:
                raise
            time.sleep(1)


def do_step(task, step, seconds):
    """Here goes the work, in steps that are shorter than the lease."""
    if task["params"].get("fail_at") == step:
        raise ValueError(f"step {step} was told to fail")
    time.sleep(seconds)


def work(task, seconds):
    def report(**fields):
        call("PATCH", f"/{task['id']}", {"lease_token": task["lease_token"], **fields})

    total = task["total"] or 10
    # Another worker may have got this far before its lease ran out.
    print(f"task {task['id']}: claimed at step {task['progress']} of {total}", flush=True)
    try:
        for step in range(task["progress"] + 1, total + 1):
            do_step(task, step, seconds)
            report(progress=step, total=total)
        report(status="completed", result={"steps": total})
        print(f"task {task['id']}: completed", flush=True)
    except Stop as reason:
        print(f"task {task['id']}: stopped: {reason}", flush=True)
    except Exception:
        try:
            report(status="failed", error_message=traceback.format_exc())
            print(f"task {task['id']}: failed", flush=True)
        except Stop as reason:
            print(f"task {task['id']}: stopped: {reason}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("task_types", nargs="*", metavar="TASK_TYPE")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--step-seconds", type=float, default=1)
    options = parser.parse_args()
    claim = {"worker": WORKER, "lease_seconds": LEASE_SECONDS}
    if options.task_types:
        claim["task_types"] = options.task_types
    while True:
        task = call("POST", "/claim", claim)
        if task is not None:
            work(task, options.step_seconds)
        elif options.once:
            return
        else:
            time.sleep(5)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        # What it had goes to another worker when the lease runs out.
        sys.exit(130)
