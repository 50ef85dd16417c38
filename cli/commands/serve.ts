import { join } from "node:path";
import { command, type ValuesOf } from "../command.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type ServeConfig } from "../config.ts";
import { databaseFlag } from "../database_command.ts";
import {
  choiceFlag,
  durationFlag,
  hostsFlag,
  integerFlag,
  pathFlag,
  switchFlag,
  textFlag,
} from "../flags.ts";
import { parseCommandLine } from "../parse.ts";
import type { Surroundings } from "../surroundings.ts";

const FLAGS = {
  host: textFlag("host", {
    variable: "PIPEKEEP_HOST",
    help: "the address it listens on",
    placeholder: "HOST",
    default: "127.0.0.1",
  }),
  port: integerFlag("port", {
    variable: "PIPEKEEP_PORT",
    help: "its port; 0: any free one",
    min: 0,
    max: 65535,
    default: 8084,
  }),
  trainingData: pathFlag("training-data", {
    variable: "PIPEKEEP_TRAINING_DATA",
    help: "the directory it looks after",
    default: (around) => join(around.base_folder, "training_data"),
    defaultText: "training_data in the base folder",
  }),
  database: databaseFlag,
  trashRetention: durationFlag("trash-retention", {
    variable: "PIPEKEEP_TRASH_RETENTION",
    help: "how long what was deleted is kept in the trash: 24h, 7d; 0: purged at once",
    default: 0,
  }),
  deleteConcurrency: integerFlag("delete-concurrency", {
    variable: "PIPEKEEP_DELETE_CONCURRENCY",
    help: "how many trees are measured or removed at a time",
    min: 1,
    max: 64,
    default: (around) => Math.min(4, around.cores),
    defaultText: "number of cores, at most 4",
  }),
  logLevel: choiceFlag("log-level", {
    variable: "PIPEKEEP_LOG_LEVEL",
    help: "how much it logs",
    choices: LOG_LEVELS,
    default: "info",
  }),
  logFormat: choiceFlag("log-format", {
    variable: "PIPEKEEP_LOG_FORMAT",
    help: "how it logs, to standard error",
    choices: LOG_FORMATS,
    default: (around): LogFormat => around.is_terminal ? "text" : "json",
    defaultText: "text on a terminal, else json",
  }),
  allowedHosts: hostsFlag("allowed-host", {
    variable: "PIPEKEEP_ALLOWED_HOSTS",
    help: "other names that requests may be addressed to",
  }),
  insecure: switchFlag("insecure", {
    variable: "PIPEKEEP_INSECURE",
    help: "listen beyond this machine without API keys",
  }),
  demo: switchFlag("demo", { help: "fill an empty training_data with some 40 sample runs" }),
  acceptTrainingData: switchFlag("accept-training-data", {
    help: "take training_data as it is, whatever the last start saw",
  }),
};

export const serve = command({
  name: "serve",
  summary: "run the server, from its flags to the signal that ends it",
  flags: FLAGS,
  examples: [
    { line: "serve --demo", says: "on sample data" },
    { line: "serve --port 9000 --trash-retention 7d" },
  ],
  exitCodes: { 0: "ended by SIGTERM or SIGINT", 1: "cannot start: port, database or training_data" },
  async run({ flags }) {
    const config = configOf(flags);
    const { serve } = await import("../serve.ts");
    return await serve(config);
  },
});

/** @throws {UsageError} naming the flag or the variable, the value and what is allowed */
export function serveConfig(args: readonly string[], around: Surroundings): ServeConfig {
  const { flags } = parseCommandLine({ name: "serve", words: {}, flags: FLAGS }, args, around);
  return configOf(flags as ValuesOf<typeof FLAGS>);
}

function configOf(flags: ValuesOf<typeof FLAGS>): ServeConfig {
  return {
    host: flags.host,
    port: flags.port,
    allowed_hosts: flags.allowedHosts,
    insecure: flags.insecure,
    log_level: flags.logLevel,
    log_format: flags.logFormat,
    app: {
      training_data: flags.trainingData,
      database: flags.database,
      trash_retention_ms: flags.trashRetention,
      delete_concurrency: flags.deleteConcurrency,
      accept_training_data: flags.acceptTrainingData,
      demo: flags.demo,
    },
  };
}
