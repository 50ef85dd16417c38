/**
 * Receipts: what a deletion is about to do, beside the trash entries it makes, so that a database that went back in time (a
 * restored backup) is mended honestly.
 *
 * One file per chunk, `.receipt-<first deletion id>.jsonl` in the trash: a line with its entries, written and synced before
 * the first rename; a line with what was measured, synced before the first removal. It goes when the end of all its entries
 * is durable. One per chunk rather than per entry: each costs a sync, and a thousand small tasks would wait for a thousand.
 *
 * Limitation: a receipt is a second net beneath the database. When it cannot be written (a full disk, and no reserve left),
 * the deletion goes on without, and the log says so: to refuse it would keep the disk full.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { type Counted, countedOf } from "./counted.ts";
import { isOutOfSpace, withSpace } from "./entry.ts";

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

/** A receipt as a start finds it; `numbers` null: nothing of it can have been removed. */
export interface FoundReceipt extends Receipt {
  numbers: Counted | null;
}

/** Whether a name in the trash is a receipt's. */
export function isReceipt(name: string): boolean {
  return name.startsWith(PREFIX);
}

export interface ReceiptsDependencies {
  /** Its path. */
  trash: string;
  /** Throws when the trash is not this program's any more. */
  assertTrash: () => void;
  /** Frees space that was kept for a full disk; returns whether there was any. */
  makeSpace: () => boolean;
}

export class Receipts {
  readonly #deps: ReceiptsDependencies;
  /** Deletion id → its file's path; and the path → the ids that are open in it. */
  readonly #files = new Map<string, string>();
  readonly #open = new Map<string, Set<string>>();

  constructor(dependencies: ReceiptsDependencies) {
    this.#deps = dependencies;
  }

  /** Writes and syncs the receipts of a chunk. The trash itself is synced with the renames that follow. */
  async write(receipts: readonly Receipt[]): Promise<void> {
    const [first] = receipts;
    if (first === undefined) return;
    const path = `${this.#deps.trash}/${PREFIX}${first.deletion_id}${SUFFIX}`;
    try {
      this.#deps.assertTrash();
      const open = () => Deno.openSync(path, { write: true, createNew: true, mode: 0o600 });
      using file = withSpace(this.#deps.makeSpace, open);
      await this.#writeLine(file, { receipts });
    } catch (error) {
      log.warn("going on without a receipt: {error}", { error });
      removeFile(path);
      return;
    }
    this.#keep(path, receipts.map((receipt) => receipt.deletion_id));
  }

  /** Adds what was measured, synced: from here on bytes may go. */
  async addNumbers(items: readonly { deletion_id: string; measure: Counted }[]): Promise<void> {
    const byFile = Map.groupBy(items, (item) => this.#files.get(item.deletion_id));
    for (const [path, some] of byFile) {
      if (path === undefined) continue;
      try {
        this.#deps.assertTrash();
        using file = await Deno.open(path, { append: true });
        await this.#writeLine(file, {
          numbers: some.map(({ deletion_id, measure }) => ({ deletion_id, ...countedOf(measure) })),
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
    this.#deps.assertTrash();
    const found: FoundReceipt[] = [];
    for (const { name, isFile } of Deno.readDirSync(this.#deps.trash)) {
      if (!isFile || !isReceipt(name)) continue;
      const path = `${this.#deps.trash}/${name}`;
      const receipts = parse(Deno.readTextFileSync(path));
      this.#keep(path, receipts.map((receipt) => receipt.deletion_id));
      if (receipts.length === 0) removeFile(path);
      found.push(...receipts);
    }
    return found;
  }

  /** Adds a line as a whole, synced. What a full disk took half of is cut off before the other try. */
  async #writeLine(file: Deno.FsFile, value: unknown): Promise<void> {
    const { size } = await file.stat();
    const line = new TextEncoder().encode(JSON.stringify(value) + "\n");
    const write = async () => {
      for (let rest = line; rest.length > 0;) rest = rest.subarray(await file.write(rest));
      await file.syncData();
    };
    try {
      await write();
    } catch (error) {
      if (!isOutOfSpace(error) || !this.#deps.makeSpace()) throw error;
      await file.truncate(size);
      await file.seek(size, Deno.SeekMode.Start);
      await write();
    }
  }

  #keep(path: string, deletionIds: readonly string[]): void {
    for (const id of deletionIds) this.#files.set(id, path);
    this.#open.set(path, new Set(deletionIds));
  }
}

function parse(text: string): FoundReceipt[] {
  const receipts = new Map<string, FoundReceipt>();
  // What stands behind the last line's end was cut off.
  for (const line of text.split("\n").slice(0, -1)) {
    let content: { receipts?: Receipt[]; numbers?: (Counted & { deletion_id: string })[] };
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
