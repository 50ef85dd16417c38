/**
 * Whether training_data is the one that the records speak of: what a mount that failed, another directory in its place or a
 * link that leads elsewhere look like. When in doubt nothing is marked and nothing deleted.
 *
 * @module
 */
import type { Executor } from "../../db/database.ts";
import { eachExpected } from "../../db/queries/reconciliation.ts";
import type { EntryKind } from "../training_data/entry.ts";
import type { Sight } from "../training_data/volume.ts";
import type { KnownVolume } from "./known_volumes.ts";

/** From so many on it is no accident that none of the directories that records speak of is there. */
const SEVERAL = 3;

/**
 * Why what was found is not the directory of the last start, or undefined. Pure.
 *
 * @param isAnythingExpected whether records or the log speak of anything that should be in it
 */
export function judgeIdentity(
  found: Pick<Sight, "id" | "device" | "inode">,
  last: KnownVolume | undefined,
  isAnythingExpected: boolean,
): string | undefined {
  if (last === undefined) return undefined;
  if (found.id !== undefined && found.id !== last.id) {
    return "training_data is another directory than at the last start (its marker is another)";
  }
  const isSameInode = found.inode === last.inode;
  if (found.id === last.id) {
    // Device numbers change with a restart of the machine; the marker stands for them.
    return isSameInode || last.inode === null
      ? undefined
      : "training_data is another directory than at the last start (a copy: its marker is the same, its inode is not)";
  }
  // Somebody may clear out the trash, and the marker with it.
  if (isSameInode && last.inode !== null && found.device === last.device) return undefined;
  return isAnythingExpected
    ? "training_data is another directory than at the last start (it has no marker)"
    : undefined;
}

/** What {@linkcode findLoss} looks at. */
export interface Directories {
  kind(taskId: string): EntryKind;
  isEmpty(): boolean;
}

/**
 * Why the directories that records of these volumes speak of may be lost from sight: training_data is empty, or none of
 * several is there. Undefined as soon as one is seen, or cannot be looked at.
 */
export async function findLoss(
  db: Executor,
  volumeIds: readonly string[],
  directories: Directories,
): Promise<string | undefined> {
  let count = 0;
  for await (const taskId of eachExpected(db, volumeIds)) {
    try {
      if (directories.kind(taskId) !== "absent") return undefined;
    } catch {
      return undefined;
    }
    count++;
  }
  if (count === 0) return undefined;
  const isEmpty = directories.isEmpty();
  if (!isEmpty && count < SEVERAL) return undefined;
  return `training_data ${
    isEmpty ? "is empty" : "has none of them"
  }, while ${count} records say their directory is there`;
}
