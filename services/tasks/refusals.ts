/** What the services of task records refuse with. */
import { PipekeepError } from "../../domain/errors.ts";

export function underWay(task_id: string): PipekeepError {
  return new PipekeepError("deletion_in_progress", `task ${task_id} is being deleted`, { task_id });
}

export function notFound(task_id: string): PipekeepError {
  return new PipekeepError("task_not_found", `there is no task ${task_id}`, { task_id });
}

export function exists(task_id: string): PipekeepError {
  return new PipekeepError("task_exists", `task ${task_id} exists`, { task_id });
}

export function noProject(project_id: number): PipekeepError {
  const message = `不存在的项目（收到: ${project_id}）`;
  return new PipekeepError("invalid_input", `project_id: there is no project ${project_id}`, {
    problems: [{ field: "project_id", kind: "invalid", message }],
  });
}
