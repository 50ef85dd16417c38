/** File name → media type, as a download is labelled. */

const TEXT = "text/plain; charset=utf-8";

/** What pipelines leave behind, and what people put beside it. JSON is UTF-8 by definition and takes no charset. */
const TYPES: Record<string, string> = {
  txt: TEXT,
  log: TEXT,
  ddl: TEXT,
  sql: TEXT,
  py: TEXT,
  sh: TEXT,
  ini: TEXT,
  toml: TEXT,
  md: "text/markdown; charset=utf-8",
  csv: "text/csv; charset=utf-8",
  tsv: "text/tab-separated-values; charset=utf-8",
  html: "text/html; charset=utf-8",
  htm: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  xml: "text/xml; charset=utf-8",
  yaml: "application/yaml",
  yml: "application/yaml",
  json: "application/json",
  jsonl: "application/x-ndjson",
  ndjson: "application/x-ndjson",
  pdf: "application/pdf",
  zip: "application/zip",
  gz: "application/gzip",
  tgz: "application/gzip",
  tar: "application/x-tar",
  parquet: "application/vnd.apache.parquet",
  db: "application/vnd.sqlite3",
  sqlite: "application/vnd.sqlite3",
  xls: "application/vnd.ms-excel",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  doc: "application/msword",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gif: "image/gif",
  webp: "image/webp",
  svg: "image/svg+xml",
};

/** By the extension, in any case; `application/octet-stream` for others and for none. */
export function mediaTypeOf(name: string): string {
  const extension = /[^.]\.([A-Za-z0-9]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  return Object.hasOwn(TYPES, extension) ? TYPES[extension]! : "application/octet-stream";
}
