/**
 * `deno task release 0.2.0 [--dry-run]`: makes a release of what is committed. The version stands in deno.json alone;
 * the changelog's Unreleased section moves under it; one commit, one tag. Nothing is pushed.
 *
 * @module
 */
import { parseArgs } from "node:util";

const ROOT = new URL("..", import.meta.url);

/** A release cannot be made; nothing was changed. */
export class ReleaseError extends Error {
  override readonly name = "ReleaseError";
}

/** @throws {ReleaseError} when `version` is no version, or none after `current` */
export function assertNext(current: string, version: string): void {
  const [now, next] = [current, version].map((text) =>
    /^(\d+)\.(\d+)\.(\d+)$/.exec(text)?.slice(1).map(Number)
  );
  if (now === undefined || next === undefined) {
    throw new ReleaseError(
      `the version is ${JSON.stringify(version)}, but must be three numbers, such as 0.2.0`,
    );
  }
  const at = next.findIndex((number, i) => number !== now[i]);
  if (at < 0 || next[at]! < now[at]!) {
    throw new ReleaseError(`the version is ${version}, but must come after ${current}`);
  }
}

/**
 * Puts a new heading below `## [Unreleased]`, so that what stood under it is the version's.
 *
 * @throws {ReleaseError} when there is no such section, or nothing in it
 */
export function releaseChangelog(text: string, version: string, date: string): string {
  const heading = "## [Unreleased]\n";
  const [before, after, ...more] = text.split(heading);
  if (after === undefined || more.length > 0) {
    throw new ReleaseError("CHANGELOG.md lacks one ## [Unreleased]");
  }
  const section = after.split(/^## /m)[0]!;
  if (!/^- /m.test(section)) throw new ReleaseError("CHANGELOG.md has nothing under ## [Unreleased]");
  return `${before}${heading}\n## [${version}] - ${date}\n${after}`;
}

/** Replaces the version in deno.json's text and nothing else. @throws {ReleaseError} when it is not there once */
export function releaseMetadata(text: string, current: string, version: string): string {
  const parts = text.split(`"version": "${current}"`);
  if (parts.length !== 2) throw new ReleaseError(`deno.json lacks one "version": "${current}"`);
  return parts.join(`"version": "${version}"`);
}

async function git(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command("git", { args, cwd: ROOT }).output();
  if (code !== 0) throw new ReleaseError(`git ${args[0]}: ${new TextDecoder().decode(stderr).trim()}`);
  return new TextDecoder().decode(stdout).trim();
}

async function release(version: string, isDry: boolean): Promise<void> {
  const [metadataFile, changelogFile] = ["deno.json", "CHANGELOG.md"].map((name) => new URL(name, ROOT));
  const metadata = await Deno.readTextFile(metadataFile!);
  const { version: current } = JSON.parse(metadata);
  assertNext(current, version);
  const tag = `v${version}`;
  if (await git("tag", "--list", tag) !== "") throw new ReleaseError(`there is a tag ${tag} already`);
  const today = new Date().toISOString().slice(0, 10);
  const changelog = releaseChangelog(await Deno.readTextFile(changelogFile!), version, today);
  const released = releaseMetadata(metadata, current, version);
  const changes = await git("status", "--porcelain");
  if (changes !== "") throw new ReleaseError(`the tree is not clean:\n${changes}`);
  if (isDry) {
    console.log(
      `would release ${version} after ${current}: CHANGELOG.md, deno.json, a commit, the tag ${tag}`,
    );
    return;
  }
  await Deno.writeTextFile(changelogFile!, changelog);
  await Deno.writeTextFile(metadataFile!, released);
  await git("commit", "--quiet", "--message", `Release ${version}`, "--", "CHANGELOG.md", "deno.json");
  await git("tag", "--annotate", tag, "--message", `Pipekeep ${version}`);
  console.log(`released ${version}; push with: git push --follow-tags`);
}

if (import.meta.main) {
  try {
    const { values, positionals } = parseArgs({
      args: Deno.args,
      options: { "dry-run": { type: "boolean", default: false } },
      allowPositionals: true,
    });
    if (positionals.length !== 1) throw new ReleaseError("name one version, such as 0.2.0");
    await release(positionals[0]!, values["dry-run"]);
  } catch (error) {
    console.error(`release: ${(error as Error).message}`);
    Deno.exit(1);
  }
}
