/** A directory that the file system does not let go: by its mode, and for root (whom modes do not stop) by a flag. */

export interface Lock extends Disposable {
  /** False where nothing here can lock a directory (root on a file system without flags). */
  holds: boolean;
}

export function lockDirectory(path: string): Lock {
  if (Deno.uid() !== 0) {
    Deno.chmodSync(path, 0o555);
    return { holds: true, [Symbol.dispose]: () => Deno.chmodSync(path, 0o755) };
  }
  return { holds: chattr("+i", path), [Symbol.dispose]: () => void chattr("-i", path) };
}

/** Whether {@linkcode lockDirectory} can do anything here. */
export function canLock(): boolean {
  const folder = Deno.makeTempDirSync({ prefix: "pipekeep_test_" });
  try {
    using lock = lockDirectory(folder);
    return lock.holds;
  } finally {
    Deno.removeSync(folder);
  }
}

function chattr(flag: string, path: string): boolean {
  try {
    return new Deno.Command("chattr", { args: [flag, path], stderr: "null" }).outputSync().success;
  } catch {
    return false;
  }
}
