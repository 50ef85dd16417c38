/** The words of v0 (api.md 1), in Chinese: what it says of each error, and of input that does not fit. */
import { z } from "zod";
import type { ErrorCode, ErrorDetails } from "../../../domain/errors.ts";
import type { Failure } from "../../../http/family.ts";
import type { InputWords } from "../../../http/words.ts";

/** Between a message and the value that it is about. */
export const RECEIVED = "（收到: ";

export const INPUT_WORDS: InputWords = {
  schemaMessages: z.locales.zhCN().localeError,
  missing: "缺少必需参数",
  unknown: "未知参数",
  givenTwice: "参数重复出现",
  notUtf8: "必须是百分号编码的UTF-8",
  notText: "不能包含NUL字符（U+0000）或不成对的代理项",
  onlyInBody: "参数只能放在JSON请求体中",
  withValue: (message, shown) => `${message}${RECEIVED}${shown}）`,
};

/** Refusals of input that the contract words itself (api.md 1.1). */
export const SENTENCES = {
  confirm: "confirm参数必须为true以确认删除操作",
  task_ids: "task_ids必须是非空的任务ID列表",
  too_many: "单次最多删除1000个任务",
};

/** The words for programs among those of v0 (api.md 1.1). */
export const VISIBLE_CODES = [
  "INVALID_TASK_ID",
  "DELETE_FAILED",
  "TASK_RUNNING",
  "DELETE_IN_PROGRESS",
  "PATH_FORBIDDEN",
  "PERMISSION_DENIED",
  "PURGE_INCOMPLETE",
  "INTERNAL_ERROR",
] as const;

export interface VisibleFailure {
  error: string;
  error_code: typeof VISIBLE_CODES[number];
}

/** What a batch says of a task it could not delete (api.md 1.1). */
export const BATCH_FAILURES: Partial<Record<ErrorCode, VisibleFailure>> = {
  invalid_task_id: { error: "无效的任务ID", error_code: "INVALID_TASK_ID" },
  task_not_found: { error: "任务目录不存在", error_code: "DELETE_FAILED" },
  task_running: { error: "任务正在运行中，无法删除", error_code: "TASK_RUNNING" },
  deletion_in_progress: { error: "任务正在被删除", error_code: "DELETE_IN_PROGRESS" },
  path_forbidden: { error: "任务目录不是training_data下的真实目录", error_code: "PATH_FORBIDDEN" },
  permission_denied: { error: "权限不足", error_code: "PERMISSION_DENIED" },
  purge_incomplete: { error: "任务目录已移出，但未能从磁盘完全清除", error_code: "PURGE_INCOMPLETE" },
};

/** {@linkcode BATCH_FAILURES} for any code. */
export function batchFailure(code: ErrorCode): VisibleFailure {
  return BATCH_FAILURES[code] ?? { error: "删除任务失败，请稍后重试", error_code: "INTERNAL_ERROR" };
}

const TEXTS: Record<ErrorCode, string | ((details: ErrorDetails) => string)> = {
  invalid_input: "参数错误",
  malformed_json: "请求体不是有效的JSON（UTF-8，嵌套不超过200层）",
  body_too_large: "请求体超过1 MiB",
  body_too_slow: "请求体传输超时",
  url_too_long: "URL超过16384个字符",
  route_not_found: "路径不存在",
  method_not_allowed: ({ allow }) => `请求方法不被允许，允许的方法: ${allow?.join(", ")}`,
  invalid_host: "Host请求头缺失或无效",
  foreign_host: "不接受发往该主机名的请求",
  foreign_origin: "不接受来自其他网站的请求",
  invalid_task_id: ({ task_id }) => `无效的任务ID: ${task_id}`,
  task_not_found: ({ task_id }) => `任务不存在: ${task_id}`,
  step_not_found: ({ step_name }) => `步骤不存在: ${step_name}`,
  task_exists: ({ task_id }) => `任务已存在: ${task_id}`,
  impossible_transition: ({ current_status }) => `当前状态为${current_status}，不允许该状态变更`,
  invalid_file_path: ({ file_path }) => `无效的文件路径: ${file_path}`,
  task_directory_gone: ({ task_id }) => `任务目录不存在: ${task_id}`,
  file_not_found: ({ file_path }) => `文件不存在: ${file_path}`,
  file_forbidden: ({ file_path }) => `不是任务目录内的普通文件: ${file_path}`,
  file_unreadable: ({ file_path }) => `没有读取权限: ${file_path}`,
  task_running: "任务正在运行中，无法删除",
  deletion_in_progress: "任务正在被删除",
  path_forbidden: "任务目录不是training_data下的真实目录",
  permission_denied: ({ task_id }) => `权限不足，无法删除任务目录: ${task_id}`,
  purge_incomplete: "任务目录已移出，但未能从磁盘完全清除",
  training_data_unavailable: "training_data不可用",
  job_not_found: ({ job_id }) => `作业不存在: ${job_id}`,
  job_not_cancellable: ({ current_status }) => `当前状态为${current_status}，无法取消`,
  user_deletion_pending: "该用户的数据删除已在计划中",
  background_task_not_found: ({ background_task_id }) => `后台任务不存在: ${background_task_id}`,
  background_task_not_cancellable: ({ current_status }) => `当前状态为${current_status}，无法取消`,
  lease_lost: "租约已失效",
  unauthorized: "需要有效的API密钥（Authorization: Bearer <key>）",
  role_too_low: "该API密钥的角色无权执行此操作",
  too_many_failures: ({ retry_after }) => `密钥错误次数过多，请在${retry_after}秒后重试`,
  key_exists: "密钥名称已存在",
  key_not_found: "密钥不存在",
  project_exists: "项目已存在",
  project_not_found: "项目不存在",
  storage_failed: "删除任务失败，请稍后重试",
  internal: "服务器内部错误，请稍后重试",
};

/** What the answer to a failure says. */
export function textOf({ code, details }: Failure): string {
  const text = TEXTS[code];
  return typeof text === "string" ? text : text(details);
}
