/**
 * Paths of training_data that the kernel resolves without following any link, in one step.
 *
 * The runtime has no `openat`, and looking at one component after the other proves nothing: each look goes through the
 * components above, which somebody may exchange in between. But the kernel gives up a resolution that meets more
 * links than its limit (40 on Linux). A prefix that uses up exactly as many, all of them our own, makes it refuse the
 * first link below: `<base>/x/x/…/data/<task id>/<path>`, where `x` leads to `.` and `data` to training_data.
 *
 * This holds for calls that hand the path to the kernel as it is: `lstat` and `readDir`. Opening a file is not one
 * of them (the runtime resolves the path itself first), so what was opened is compared afterwards, see open_file.ts.
 *
 * @module
 */
import { PipekeepError } from "../../domain/errors.ts";

/** Plain data: it is sent to a Worker too. */
export interface LinkFreeRoot {
  /** Put before `/<task id>/…`. */
  prefix: string;
  /** The real path of training_data. */
  root: string;
  /** Its file system; what is mounted below is not ours. */
  device: number;
  /** Our directory in the machine's temporary folder that holds the links, and what tells it from another. */
  base: string;
  baseInode: number;
  uid: number;
}

/** No system allows as many links in a path. */
const MAX_LINKS = 100;

/**
 * Makes the links, in a directory that only this user may enter.
 *
 * @throws {PipekeepError} storage_failed, where there is no temporary folder or the system does not limit links
 */
export function makeLinkFreeRoot(root: string, device: number, temporary?: string): LinkFreeRoot {
  let base: string | undefined;
  try {
    base = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "pipekeep-", dir: temporary }));
    Deno.symlinkSync(".", `${base}/x`);
    Deno.symlinkSync(root, `${base}/data`);
    const { ino, uid } = Deno.lstatSync(base);
    if (!isExact(ino) || uid === null) throw new Error("its file system tells no inode");
    return { prefix: longestPrefix(base), root, device, base, baseInode: ino, uid };
  } catch (error) {
    if (base !== undefined) removeBase(base);
    const message = `links below training_data cannot be told from directories: ${(error as Error).message}`;
    throw new PipekeepError("storage_failed", message, {}, error);
  }
}

/** Removes the links. What somebody else put there stays. */
export function removeLinkFreeRoot(linkFree: LinkFreeRoot): void {
  if (isIntact(linkFree)) removeBase(linkFree.base);
}

/**
 * Whether the links are still ours. The temporary folder lets nobody but us and root remove or replace the directory,
 * so when it is there after a look, it was there during it. (Something may tidy up the temporary folder, and then
 * anybody may make a directory of that name.)
 */
export function isIntact({ base, baseInode, uid }: LinkFreeRoot): boolean {
  try {
    const info = Deno.lstatSync(base);
    return info.isDirectory && info.ino === baseInode && info.uid === uid && ((info.mode ?? 0) & 0o077) === 0;
  } catch {
    return false;
  }
}

/** An inode number that JavaScript holds exactly; another cannot be compared. */
export function isExact(inode: number | null): inode is number {
  return inode !== null && Number.isSafeInteger(inode);
}

/** The prefix with the most links that still resolves. */
function longestPrefix(base: string): string {
  for (let links = 1; links <= MAX_LINKS; links++) {
    const code = codeOf(() => Deno.lstatSync(`${base}${"/x".repeat(links)}/data/.pipekeep-trash`));
    if (code === undefined) continue;
    if (code !== "ELOOP" || links === 1) throw new Error(`a path of ${links + 1} links: ${code}`);
    return `${base}${"/x".repeat(links - 1)}/data`;
  }
  throw new Error(`a path of ${MAX_LINKS} links is followed`);
}

function codeOf(look: () => unknown): string | undefined {
  try {
    look();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? "unknown";
  }
}

function removeBase(base: string): void {
  for (const path of [`${base}/x`, `${base}/data`, base]) {
    try {
      Deno.removeSync(path);
    } catch { /* it holds nothing of anybody, and lies in the temporary folder */ }
  }
}
