import assert from "node:assert/strict";
import { freeBytesOf } from "../../../services/training_data/free_space.ts";

const MODULE = new URL("../../../services/training_data/free_space.ts", import.meta.url).href;

Deno.test("freeBytesOf counts bytes, and is null where there is nothing", () => {
  const free = freeBytesOf("/");
  assert.ok(free !== null && Number.isSafeInteger(free) && free > 0);
  assert.equal(freeBytesOf("/no/such/place"), null);
});

Deno.test("freeBytesOf is null without the permission, and a number with it", async () => {
  const run = async (...permissions: string[]) => {
    const code = `console.log((await import(${JSON.stringify(MODULE)})).freeBytesOf("/"))`;
    const args = [
      "run",
      "--no-prompt",
      "--no-config",
      "--allow-read",
      ...permissions,
      `data:text/javascript,${code}`,
    ];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  assert.equal(await run(), "null");
  assert.match(await run("--allow-sys=statfs"), /^\d+$/);
});
