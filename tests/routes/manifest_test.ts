import assert from "node:assert/strict";

Deno.test("manifest: importing every route builds no schema", async () => {
  const script = `
    const { z } = await import("zod");
    const { manifest } = await import("./routes/_manifest.ts");
    const count = () => [...z.globalRegistry._idmap.keys()].length;
    const before = count();
    manifest.routes["api/v0/data_pipeline/tasks/index.ts"].GET.responses[200].data();
    console.log(JSON.stringify([before, count()]));
  `;
  const root = new URL("../..", import.meta.url).pathname;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", script],
    cwd: root,
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  const printed = text.decode(stdout);
  assert.ok(printed.startsWith("["), text.decode(stderr));
  const [before, after] = JSON.parse(printed);
  assert.equal(before, 0, "schemas with a name that an import built");
  assert.equal(after, 2, "the one of the answer, and of the task in it");
});
