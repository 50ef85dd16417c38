/** The grammar of a task id: what may become a directory name, and nothing else (api.md 1). */
import { PipekeepError } from "./errors.ts";

const TASK_ID = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;

/** Whether `value` is 1–64 characters of `A-Za-z0-9._-` that start with a letter, a digit or `_`. */
export function isTaskId(value: string): boolean {
  return TASK_ID.test(value);
}

/** @throws {PipekeepError} invalid_task_id */
export function assertTaskId(value: string): void {
  if (!isTaskId(value)) {
    throw new PipekeepError("invalid_task_id", `not a task id: ${JSON.stringify(value.slice(0, 100))}`, {
      task_id: value.slice(0, 100),
    });
  }
}

/**
 * The local time that a task id carries as `YYYYMMDD_HHMMSS`, in epoch milliseconds, or undefined when it carries
 * none that the calendar knows.
 */
export function timeInTaskId(taskId: string): number | undefined {
  const found = /(?<!\d)(\d{4})(\d{2})(\d{2})_(\d{2})(\d{2})(\d{2})(?!\d)/.exec(taskId);
  if (found === null) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const time = new Date(year, month - 1, day, hour, minute, second);
  const exists = year >= 1970 && time.getMonth() === month - 1 && time.getDate() === day && hour < 24 &&
    minute < 60 && second < 60;
  return exists ? time.getTime() : undefined;
}

/** `task_YYYYMMDD_HHMMSS` in local time: the id of a run that names none. */
export function taskIdAt(now: number): string {
  const t = new Date(now);
  const two = (n: number) => String(n).padStart(2, "0");
  return `task_${t.getFullYear()}${two(t.getMonth() + 1)}${two(t.getDate())}_` +
    `${two(t.getHours())}${two(t.getMinutes())}${two(t.getSeconds())}`;
}
