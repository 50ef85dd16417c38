/** A file system of its own in a file, for what only a full or a vanishing disk can show. */
import { exists } from "../_harness.ts";

export interface Disk extends Disposable {
  /** Where it is mounted. */
  path: string;
  /** Writes into a file of its own until no byte is free. */
  fillUp(): void;
  /** Gives up the disk, also while it is used. */
  unmount(): void;
  mount(): void;
}

function run(program: string, ...args: string[]): boolean {
  try {
    return new Deno.Command(program, { args, stdout: "null", stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}

/** An ext4 without reserved blocks. */
const EXT4 = ["mkfs.ext4", "-q", "-m", "0"] as const;
/** An ext4 whose directories do not tell what their entries are. */
export const TYPELESS_EXT4 = [...EXT4, "-O", "^filetype"] as const;
export const BTRFS = ["mkfs.btrfs", "-q"] as const;

/** Makes a file system of `mib` megabytes by the program and arguments `make`, and mounts it. */
export function makeDisk(mib: number, make: readonly [string, ...string[]] = EXT4): Disk {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_disk_" });
  const image = `${folder}/image`;
  const path = `${folder}/mount`;
  Deno.mkdirSync(path);
  Deno.truncateSync(createFile(image), mib * 1024 * 1024);
  const disk: Disk = {
    path,
    fillUp() {
      const piece = new Uint8Array(4096).fill(1);
      using file = Deno.openSync(`${path}/filler`, { append: true, create: true });
      try {
        for (;;) file.writeSync(piece);
      } catch (error) {
        if ((error as { code?: string }).code !== "ENOSPC") throw error;
      }
      file.syncSync();
    },
    unmount: () => void run("umount", "--lazy", path),
    mount() {
      if (!run("mount", "-o", "loop", image, path)) throw new Error(`cannot mount ${image}`);
    },
    [Symbol.dispose]() {
      run("umount", "--lazy", path);
      Deno.removeSync(folder, { recursive: true });
    },
  };
  try {
    if (!run(...make, image)) throw new Error(`${make[0]} is missing or failed`);
    disk.mount();
    if (exists(`${path}/lost+found`)) Deno.removeSync(`${path}/lost+found`, { recursive: true });
    return disk;
  } catch (error) {
    disk[Symbol.dispose]();
    throw error;
  }
}

function createFile(path: string): string {
  Deno.createSync(path).close();
  return path;
}

/** Why disks cannot be made here, or undefined. For the name of a test that is ignored then. */
export const noDisks: string | undefined = whyNoDisk(2);

/** The same for a file system of another kind. */
export function whyNoDisk(mib: number, make?: readonly [string, ...string[]]): string | undefined {
  if (Deno.build.os !== "linux") return "needs Linux";
  if (Deno.uid() !== 0) return "needs root";
  try {
    makeDisk(mib, make)[Symbol.dispose]();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
