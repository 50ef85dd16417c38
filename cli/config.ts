/** What the server is told (program.md): the values of `pipekeep serve`'s flags, in the shape of those who use them. */
import type { AppConfig } from "../services/app.ts";

export const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;
export type LogLevel = typeof LOG_LEVELS[number];
export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = typeof LOG_FORMATS[number];

export interface ServeConfig {
  host: string;
  /** 0: any free port. */
  port: number;
  allowed_hosts: string[];
  insecure: boolean;
  log_level: LogLevel;
  log_format: LogFormat;
  app: AppConfig;
}
