/**
 * Receipts: what a deletion is about to do, beside the trash entries it makes, so that a database that went back in time (a
 * restored backup) is mended honestly.
 *
 * One file per chunk, `.receipt-<first deletion id>.jsonl` in the trash: a line with its entries, written and synced before
 * the first rename; a line with what was measured, synced before the first removal. It goes when the end of all its entries
 * is durable. One per chunk rather than per entry: each costs a sync, and a thousand small tasks would wait for a thousand.
 *
 * Limitation: a receipt is a second net beneath the database. When it cannot be written (a full disk), the deletion goes on
 * without, and the log says so.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { TreeMeasure } from "./tree_measure.ts";

const log = getLogger(["pipekeep", "receipts"]);

const PREFIX = ".receipt-";
const SUFFIX = ".jsonl";

/** One directory of a chunk: everything its row and its records are made of. */
export interface Receipt {
  deletion_id: string;
  task_id: string;
  /** Epoch milliseconds. */
  requested_at: number;
  who: string;
  request_id: string;
  job_id: number | null;
  delete_database_records: boolean;
  force: boolean;
  /** The record and its steps as they were, when they are to go; JSON objects, columns by name. */
  record: Record<string, unknown> | null;
  steps: Record<string, unknown>[];
}

/** What was measured, but for what has no place in the operation log. */
export type ReceiptNumbers = Omit<TreeMeasure, "obstacle" | "shared">;

/** A receipt as a start finds it; `numbers` null: nothing of it can have been removed. */
export interface FoundReceipt extends Receipt {
  numbers: ReceiptNumbers | null;
}

/** Whether a name in the trash is a receipt's. */
export function isReceipt(name: string): boolean {
  return name.startsWith(PREFIX);
}

export class Receipts {
  readonly #trash: string;
  readonly #assertTrash: () => void;
  /** Deletion id → its file's path; and the path → the ids that are open in it. */
  readonly #files = new Map<string, string>();
  readonly #open = new Map<string, Set<string>>();

  /** @param assertTrash throws when the trash is not this program's any more */
  constructor(trash: string, assertTrash: () => void) {
    this.#trash = trash;
    this.#assertTrash = assertTrash;
  }

  /** Writes and syncs the receipts of a chunk. The trash itself is synced with the renames that follow. */
  async write(receipts: readonly Receipt[]): Promise<void> {
    const [first] = receipts;
    if (first === undefined) return;
    const path = `${this.#trash}/${PREFIX}${first.deletion_id}${SUFFIX}`;
    try {
      this.#assertTrash();
      using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
      await writeLine(file, { receipts });
    } catch (error) {
      log.warn("going on without a receipt: {error}", { error });
      removeFile(path);
      return;
    }
    this.#keep(path, receipts.map((receipt) => receipt.deletion_id));
  }

  /** Adds what was measured, synced: from here on bytes may go. */
  async addNumbers(items: readonly { deletion_id: string; measure: TreeMeasure }[]): Promise<void> {
    const byFile = Map.groupBy(items, (item) => this.#files.get(item.deletion_id));
    for (const [path, some] of byFile) {
      if (path === undefined) continue;
      try {
        this.#assertTrash();
        using file = await Deno.open(path, { append: true });
        await writeLine(file, {
          numbers: some.map(({ deletion_id, measure: { obstacle: _, shared: __, ...numbers } }) => ({
            deletion_id,
            ...numbers,
          })),
        });
      } catch (error) {
        log.warn("going on without the receipt's numbers: {error}", { error });
      }
    }
  }

  /** Removes the receipts of deletions whose end is durable. */
  drop(deletionIds: readonly string[]): void {
    for (const id of deletionIds) {
      const path = this.#files.get(id);
      if (path === undefined) continue;
      this.#files.delete(id);
      const open = this.#open.get(path);
      open?.delete(id);
      if (open?.size !== 0) continue;
      this.#open.delete(path);
      removeFile(path);
    }
  }

  /** All receipts that are there. What a crash cut off in the middle of a line says nothing, and goes. */
  load(): FoundReceipt[] {
    this.#assertTrash();
    const found: FoundReceipt[] = [];
    for (const { name, isFile } of Deno.readDirSync(this.#trash)) {
      if (!isFile || !isReceipt(name)) continue;
      const path = `${this.#trash}/${name}`;
      const receipts = parse(Deno.readTextFileSync(path));
      this.#keep(path, receipts.map((receipt) => receipt.deletion_id));
      if (receipts.length === 0) removeFile(path);
      found.push(...receipts);
    }
    return found;
  }

  #keep(path: string, deletionIds: readonly string[]): void {
    for (const id of deletionIds) this.#files.set(id, path);
    this.#open.set(path, new Set(deletionIds));
  }
}

async function writeLine(file: Deno.FsFile, value: unknown): Promise<void> {
  let bytes = new TextEncoder().encode(JSON.stringify(value) + "\n");
  while (bytes.length > 0) bytes = bytes.subarray(await file.write(bytes));
  await file.syncData();
}

function parse(text: string): FoundReceipt[] {
  const receipts = new Map<string, FoundReceipt>();
  // What stands behind the last line's end was cut off.
  for (const line of text.split("\n").slice(0, -1)) {
    let content: { receipts?: Receipt[]; numbers?: (ReceiptNumbers & { deletion_id: string })[] };
    try {
      content = JSON.parse(line);
    } catch {
      break;
    }
    for (const receipt of content.receipts ?? []) {
      receipts.set(receipt.deletion_id, { ...receipt, numbers: null });
    }
    for (const { deletion_id, ...numbers } of content.numbers ?? []) {
      const receipt = receipts.get(deletion_id);
      if (receipt !== undefined) receipt.numbers = numbers;
    }
  }
  return [...receipts.values()];
}

function removeFile(path: string): void {
  try {
    Deno.removeSync(path);
  } catch { /* one that stays is looked at again by the next start */ }
}
