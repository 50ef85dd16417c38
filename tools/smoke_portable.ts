/** What only the portable form can get wrong: its first start (docs/decisions/0004-portable-executable.md). */
import assert from "node:assert/strict";
import { join } from "node:path";
import { SmokeBed } from "./smoke_bed.ts";
import { type Check, deleteSample, names } from "./smoke_checks.ts";

export async function checkPortable(check: Check, executable: string): Promise<void> {
  await check("two first starts at once both come up and share one cache", async () => {
    using one = new SmokeBed(executable);
    using other = new SmokeBed(executable);
    await using servers = new AsyncDisposableStack();
    const codes = await Promise.all([one, other].map(async (bed) => {
      const server = servers.use(await bed.serve(["--demo"], { HOME: one.home }));
      return await server.stop();
    }));
    assert.deepEqual(codes, [0, 0]);
    assert.equal(names(cacheIn(one.home)).length, 1);
  });

  await check("a HOME that cannot be written sends the cache to the temporary folder", async () => {
    using bed = new SmokeBed(executable);
    for (const start of ["first", "second"]) {
      await using server = await bed.serve(["--demo"], { HOME: "/proc/nonexistent" });
      if (start === "first") await deleteSample(server, bed.base);
      assert.equal(await server.stop(), 0);
      assert.deepEqual(names(bed.tmp), [`pipekeep-${Deno.uid()}`]);
    }
  });

  await check("a first start that was killed half way does not spoil the next", async () => {
    using bed = new SmokeBed(executable);
    const killed = bed.spawn(["version"]);
    while (partsIn(bed.home).length === 0) await pause(1);
    await pause(50);
    killed.kill("SIGKILL");
    await killed.output();
    assert.deepEqual(names(cacheIn(bed.home)), partsIn(bed.home), "it was too late to kill it half way");
    const { code, stderr } = await bed.run(["version"]);
    assert.equal(code, 0, stderr);
    const whole = names(cacheIn(bed.home)).filter((name) => !isPart(name));
    assert.equal(whole.length, 1);
  });

  await check("a developer's HOME does not change how the program is read", async () => {
    using bed = new SmokeBed(executable);
    Deno.writeTextFileSync(join(bed.home, "package.json"), '{"type": "commonjs"}');
    Deno.writeTextFileSync(join(bed.home, "deno.json"), "{ not JSON");
    Deno.writeTextFileSync(join(bed.home, ".npmrc"), "not = [an npmrc");
    await using server = await bed.serve(["--demo"]);
    const remark = await deleteSample(server, bed.base);
    assert.equal(await server.stop(), 0);
    return remark;
  });
}

function cacheIn(home: string): string {
  return join(home, ".cache/pipekeep");
}

/** Folders in which a start unpacks. */
function partsIn(home: string): string[] {
  try {
    return names(cacheIn(home)).filter(isPart);
  } catch {
    return [];
  }
}

function isPart(name: string): boolean {
  return name.startsWith(".unpack.");
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
