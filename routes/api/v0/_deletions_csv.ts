/** The operation log as a file for spreadsheets: the fields of its JSON, flat. */
import { BYTE_ORDER_MARK, type CsvCell, csvLine } from "../../../http/csv.ts";
import type { DeletionRow } from "../../../services/deletion/log.ts";
import { deletionView } from "./_outputs.ts";

const NAMES = [
  "deletion_id",
  "task_id",
  "who",
  "request_id",
  "job_id",
  "requested_at",
  "finished_at",
  "delete_database_records",
  "force",
  "outcome",
  "directory_deleted",
  "deleted_files_count",
  "deleted_size",
  "deleted_size_bytes",
  "unmeasured_files",
  "allocated_bytes",
  "freed_bytes",
  "directories_count",
  "links_count",
  "free_bytes_change",
  "duration_ms",
  "error",
  "error_code",
  "error_detail",
  "failed_attempts",
  "stuck_since",
  "sequence",
  "previous_hash",
  "hash",
] as const;

/** The answer, made page by page as it is read. */
export function deletionsCsv(pages: AsyncIterable<readonly DeletionRow[]>) {
  return {
    headers: {
      "content-type": "text/csv; charset=utf-8",
      "content-disposition": 'attachment; filename="deletions.csv"',
    },
    body: ReadableStream.from(encode(pages)),
  };
}

async function* encode(pages: AsyncIterable<readonly DeletionRow[]>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  yield encoder.encode(BYTE_ORDER_MARK + csvLine(NAMES));
  for await (const rows of pages) {
    yield encoder.encode(rows.map(lineOf).join(""));
    // A reader that is fast enough would be given page after page before anybody else had a turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

function lineOf(row: DeletionRow): string {
  const { options, ...view } = deletionView(row);
  const flat: Record<typeof NAMES[number], CsvCell> = { ...view, ...options };
  return csvLine(NAMES.map((name) => flat[name]));
}
