/**
 * `deno task test:long`: the campaigns of this folder in full, and a table of what they counted. Words that follow are
 * given on to `deno test`. RELIABILITY_SEED sets the seed of the random ones; TMPDIR, where it all happens.
 *
 * @module
 */
interface Count {
  campaign: string;
  what: string;
  n: number;
}

const HERE = new URL("./", import.meta.url).pathname;
const counts = Deno.makeTempFileSync({ prefix: "pipekeep_counts_" });
const started = performance.now();
try {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--no-prompt", "--parallel", "-A", ...Deno.args, HERE],
    env: { RELIABILITY_COUNTS: counts },
  }).spawn().status;
  const lines = Deno.readTextFileSync(counts).split("\n").filter((line) => line !== "");
  printTable(lines.map((line) => JSON.parse(line)));
  console.log(
    `\n${Math.round((performance.now() - started) / 1000)} s, ${code === 0 ? "all held" : "NOT ALL HELD"}`,
  );
  Deno.exitCode = code;
} finally {
  Deno.removeSync(counts);
}

function printTable(all: readonly Count[]): void {
  const sums = new Map<string, number>();
  for (const { campaign, what, n } of all) {
    const key = `${campaign} | ${what}`;
    sums.set(key, (sums.get(key) ?? 0) + n);
  }
  console.log("\n| Campaign | What | Count |\n| --- | --- | ---: |");
  for (const [key, n] of [...sums].sort()) console.log(`| ${key} | ${n.toLocaleString("en")} |`);
}
