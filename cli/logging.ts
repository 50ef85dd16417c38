/** Where the log goes: standard error, one line per record, with the id of the request it belongs to. */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  configureSync,
  getJsonLinesFormatter,
  getTextFormatter,
  type LogRecord,
  type TextFormatter,
} from "@logtape/logtape";
import { printable } from "./printable.ts";

export const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;
export type LogLevel = typeof LOG_LEVELS[number];
export const LOG_FORMATS = ["text", "json"] as const;
export type LogFormat = typeof LOG_FORMATS[number];

export function configureLogging(level: LogLevel, format: LogFormat): void {
  const formatter = lineFormatter(format);
  const encoder = new TextEncoder();
  configureSync({
    sinks: { stderr: (record) => void Deno.stderr.writeSync(encoder.encode(formatter(record))) },
    loggers: [
      { category: "pipekeep", lowestLevel: level, sinks: ["stderr"] },
      { category: ["logtape", "meta"], lowestLevel: "error", sinks: ["stderr"] },
    ],
    contextLocalStorage: new AsyncLocalStorage(),
  });
}

/** Record → one line, with its end, whatever its values hold. */
export function lineFormatter(format: LogFormat): TextFormatter {
  return format === "json" ? jsonFormatter() : textFormatter();
}

function jsonFormatter(): TextFormatter {
  const formatter = getJsonLinesFormatter({ properties: "flatten" });
  // JSON escapes C0 alone; there are readers that end a line at U+0085 and U+2028 too.
  return (record) => printable(formatter({ ...record, message: [sentence(record)] }).trimEnd()) + "\n";
}

function textFormatter(): TextFormatter {
  const formatter = getTextFormatter({
    timestamp: "time",
    category: (category) => category.slice(1).join("."),
    format: ({ timestamp, level, category, message, record }) => {
      const { request_id } = record.properties;
      const suffix = request_id === undefined ? "" : ` request_id=${printable(String(request_id))}`;
      return `${timestamp} ${level} ${category}: ${message}${suffix}`;
    },
  });
  return (record) => formatter({ ...record, message: [printable(sentence(record))] });
}

/** The message as one sentence, its words unquoted. */
function sentence({ message }: LogRecord): string {
  return message.map((part) => part instanceof Error ? stackOf(part) : String(part)).join("");
}

function stackOf(error: Error): string {
  const own = error.stack ?? error.message;
  return error.cause instanceof Error ? `${own}\ncaused by ${stackOf(error.cause)}` : own;
}
