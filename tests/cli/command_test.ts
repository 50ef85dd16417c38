import assert from "node:assert/strict";
import { command } from "../../cli/command.ts";
import { switchFlag, textFlag } from "../../cli/flags.ts";

const AROUND = { environment: () => undefined, base_folder: "/base", cores: 2, is_terminal: false };

Deno.test("command gives run what was declared, and nothing stands for exit code 0", async () => {
  const seen: unknown[] = [];
  const declared = command({
    name: "try",
    summary: "try it",
    words: { first: { help: "" }, rest: { help: "", isOptional: true, isVariadic: true } },
    flags: { name: textFlag("name", { help: "", default: "n" }), force: switchFlag("force", { help: "" }) },
    run({ flags, words }) {
      // What the types promise.
      const name: string = flags.name;
      const rest: readonly string[] = words.rest;
      seen.push(name, flags.force, words.first, rest);
      return rest.length > 1 ? 3 : undefined;
    },
  });
  assert.equal(await declared.run(["a", "--force"], AROUND), 0);
  assert.deepEqual(seen, ["n", true, "a", []]);
  assert.equal(await declared.run(["a", "b", "c"], AROUND), 3);
});

Deno.test("command reads the lines of standard input for - in the place of a variadic word", async () => {
  const script = `
    import { command } from ${JSON.stringify(new URL("../../cli/command.ts", import.meta.url).href)};
    const declared = command({
      name: "try",
      summary: "",
      words: { id: { help: "", isVariadic: true, takesStdin: true } },
      run: ({ words }) => console.log(JSON.stringify(words.id)),
    });
    await declared.run(Deno.args, { environment: () => undefined, base_folder: "/", cores: 1, is_terminal: false });
  `;
  const file = Deno.makeTempFileSync({ suffix: ".ts" });
  try {
    Deno.writeTextFileSync(file, script);
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-read", file, "a", "-", "z", "-"],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode("b\r\n\nc d\n"));
    await writer.close();
    const { stdout } = await child.output();
    assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), ["a", "b", "c d", "z"]);
  } finally {
    Deno.removeSync(file);
  }
});
