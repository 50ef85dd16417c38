/** What `pipekeep serve` is told (program.md): its flags, their environment variables and defaults. */
import { join } from "node:path";
import type { AppConfig } from "../services/app.ts";
import {
  choiceOption,
  durationOption,
  type Environment,
  hostOption,
  integerOption,
  Options,
  switchOption,
  textOption,
} from "./options.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "./logging.ts";
import { UsageError } from "./errors.ts";

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

const FLAGS = {
  host: textOption("host", "PIPEKEEP_HOST"),
  port: integerOption("port", "PIPEKEEP_PORT", { min: 0, max: 65535 }),
  training_data: textOption("training-data", "PIPEKEEP_TRAINING_DATA"),
  database: textOption("database", "PIPEKEEP_DATABASE"),
  trash_retention: durationOption("trash-retention", "PIPEKEEP_TRASH_RETENTION"),
  delete_concurrency: integerOption("delete-concurrency", "PIPEKEEP_DELETE_CONCURRENCY", { min: 1, max: 64 }),
  log_level: choiceOption("log-level", "PIPEKEEP_LOG_LEVEL", LOG_LEVELS),
  log_format: choiceOption("log-format", "PIPEKEEP_LOG_FORMAT", LOG_FORMATS),
  allowed_host: hostOption("allowed-host", "PIPEKEEP_ALLOWED_HOSTS"),
  insecure: switchOption("insecure", "PIPEKEEP_INSECURE"),
  demo: switchOption("demo"),
  accept_training_data: switchOption("accept-training-data"),
};

/** What the machine says, for the defaults. */
export interface Surroundings {
  environment: Environment;
  /** The executable's folder when compiled, else the current one. */
  base_folder: string;
  cores: number;
  is_terminal: boolean;
}

/** @throws {UsageError} naming the flag or the variable, the value and what is allowed */
export function serveConfig(args: readonly string[], around: Surroundings): ServeConfig {
  const options = new Options(args, Object.values(FLAGS), around.environment);
  const inBase = (name: string) => join(around.base_folder, name);
  const database = options.get(FLAGS.database, inBase("pipekeep.db"));
  if (/^\w+:\/\//.test(database)) {
    throw new UsageError(`--database is ${JSON.stringify(database)}, but must be the path of a SQLite file`);
  }
  return {
    host: options.get(FLAGS.host, "127.0.0.1"),
    port: options.get(FLAGS.port, 8084),
    allowed_hosts: options.all(FLAGS.allowed_host),
    insecure: options.get(FLAGS.insecure, false),
    log_level: options.get(FLAGS.log_level, "info"),
    log_format: options.get(FLAGS.log_format, around.is_terminal ? "text" : "json"),
    app: {
      training_data: options.get(FLAGS.training_data, inBase("training_data")),
      database,
      trash_retention_ms: options.get(FLAGS.trash_retention, 0),
      delete_concurrency: options.get(FLAGS.delete_concurrency, Math.min(4, around.cores)),
      accept_training_data: options.get(FLAGS.accept_training_data, false),
      demo: options.get(FLAGS.demo, false),
    },
  };
}

/** The machine as it is. */
export function surroundings(): Surroundings {
  // The portable executable runs a runtime from the cache; it says itself where it stands.
  const executable = Deno.build.standalone ? Deno.execPath() : Deno.env.get("PIPEKEEP_EXECUTABLE");
  return {
    environment: (variable) => Deno.env.get(variable),
    base_folder: executable === undefined ? Deno.cwd() : join(executable, ".."),
    cores: navigator.hardwareConcurrency,
    is_terminal: Deno.stderr.isTerminal(),
  };
}
