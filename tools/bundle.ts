/** One file of JavaScript with everything that `entry` imports: npm packages, SQL and JSON too. */

/** @throws {Error} when it does not type-check or cannot be bundled; deno has said why on standard error */
export async function bundle(entry: string): Promise<Uint8Array> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--check", "--platform", "deno", entry],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`deno bundle ${entry} failed with exit code ${code}`);
  return new TextEncoder().encode(withoutCachePaths(new TextDecoder().decode(stdout)));
}

/**
 * Shortens the comments that name each module's file: those of npm packages lead through the builder's own cache, and
 * the same sources must give the same bytes everywhere.
 */
export function withoutCachePaths(script: string): string {
  return script.replaceAll(/^\/\/ \S*\/npm\/[^/\s]+\/(\S+)$/gm, "// npm:$1");
}
