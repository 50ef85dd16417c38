/**
 * What the database knows of each volume from its last start: where it was, and which directory that was.
 *
 * Limitation: hosts are told apart by the path of their training_data, until nodes have names.
 *
 * @module
 */
import type { Executor } from "../../db/database.ts";
import { deleteSetting, findSetting, listSettings, putSetting } from "../../db/queries/settings.ts";
import { claimRows } from "../../db/queries/volumes.ts";
import type { Volume } from "../training_data/volume.ts";

const PREFIX = "volume:";
/** What was known before there was one setting per volume: JSON with `device` and `volume`, of the last start. */
const FORMER_SETTING = "training_data_file_system";

export interface KnownVolume {
  id: string;
  /** As it was given, absolute. Null: not known yet, in a database of an older program. */
  path: string | null;
  device: number;
  /** Null as `path`, and where the system has no inodes. */
  inode: number | null;
  /** Epoch milliseconds of the last start on it. */
  opened_at: number;
}

/** All that are known, the last opened first. */
export async function listKnownVolumes(db: Executor): Promise<KnownVolume[]> {
  const known = (await listSettings(db, PREFIX)).map(({ name, value }): KnownVolume => ({
    ...JSON.parse(value),
    id: name.slice(PREFIX.length),
  }));
  const former = await findSetting(db, FORMER_SETTING);
  if (former !== undefined) {
    const { volume: id, device } = JSON.parse(former) as { volume: string; device: number };
    known.push({ id, path: null, device, inode: null, opened_at: 0 });
  }
  return known.sort((a, b) => b.opened_at - a.opened_at);
}

/** The one that a start on `path` expects: that of the last start there, or else of the last start at all. */
export function expectedAt(known: readonly KnownVolume[], path: string): KnownVolume | undefined {
  return known.find((volume) => volume.path === path) ?? known[0];
}

/**
 * Remembers an open volume, and gives it the rows of no volume, and those of `former`, which it takes the place of. Rows of
 * other volumes are another host's.
 */
export async function takeVolume(
  trx: Executor,
  { id, path, device, inode }: Volume,
  former: KnownVolume | undefined,
  now: number,
): Promise<void> {
  await claimRows(trx, id, former?.id);
  if (former !== undefined) await deleteSetting(trx, PREFIX + former.id);
  await deleteSetting(trx, FORMER_SETTING);
  await putSetting(trx, PREFIX + id, JSON.stringify({ path, device, inode, opened_at: now }));
}
