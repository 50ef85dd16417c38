/** Where the log goes: standard error, one line per record, with the id of the request it belongs to. */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  configureSync,
  getJsonLinesFormatter,
  getTextFormatter,
  type LogRecord,
  type TextFormatter,
} from "@logtape/logtape";

export const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;
export type LogLevel = typeof LOG_LEVELS[number];
export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = typeof LOG_FORMATS[number];

export function configureLogging(level: LogLevel, format: LogFormat): void {
  const formatter = format === "json" ? getJsonLinesFormatter({ properties: "flatten" }) : textFormatter();
  const encoder = new TextEncoder();
  const stderr = (record: LogRecord) => {
    Deno.stderr.writeSync(encoder.encode(formatter({ ...record, message: [sentence(record)] })));
  };
  configureSync({
    sinks: { stderr },
    loggers: [
      { category: "pipekeep", lowestLevel: level, sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
    contextLocalStorage: new AsyncLocalStorage(),
  });
}

/** The message as one sentence, its words unquoted. */
function sentence({ message }: LogRecord): string {
  return message.map((part) => part instanceof Error ? part.stack ?? part.message : String(part)).join("");
}

function textFormatter(): TextFormatter {
  return getTextFormatter({
    timestamp: "time",
    category: (category) => category.slice(1).join("."),
    format: ({ timestamp, level, category, message, record }) => {
      const { request_id } = record.properties;
      const suffix = request_id === undefined ? "" : ` request_id=${request_id}`;
      return `${timestamp} ${level} ${category}: ${message}${suffix}`;
    },
  });
}
