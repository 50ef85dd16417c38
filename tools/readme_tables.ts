/**
 * `deno task readme`: writes the tables of commands and flags in README.md, between their markers, from the commands'
 * declarations. With `--check` it only says whether they are current (exit 1 when not).
 *
 * @module
 */
import type { Command } from "../cli/command.ts";
import { COMMANDS } from "../cli/commands.ts";
import type { Flag } from "../cli/flags.ts";
import { usage } from "../cli/help.ts";

const README = new URL("../README.md", import.meta.url);

/** A Markdown table as `deno fmt` leaves it: every column as wide as its widest cell. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(3, ...rows.map((row) => [...row[i]!].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell + " ".repeat(widths[i]! - [...cell].length)).join(" | ")} |`;
  const [head, ...body] = rows;
  return [line(head!), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

export function commandsTable(commands: readonly Command[]): string {
  return markdownTable([
    ["command", "what it does"],
    ...commands.map((command) => [code(usage(command)), escapePipes(command.summary)]),
  ]);
}

export function flagsTable(flags: readonly Flag[]): string {
  return markdownTable([
    ["flag", "environment", "default", "what it is for"],
    ...flags.map((flag) => [
      code(`--${flag.name}`) + (flag.isRepeatable ? " (repeatable)" : ""),
      flag.variable === undefined ? "" : code(flag.variable),
      defaultOf(flag),
      escapePipes(helpOf(flag)),
    ]),
  ]);
}

function defaultOf({ defaultText, isRequired }: Flag): string {
  if (isRequired) return "required";
  return /^[\w.]+$/.test(defaultText) && !["off", "none"].includes(defaultText)
    ? code(defaultText)
    : defaultText;
}

function helpOf({ help, choices }: Flag): string {
  return choices === undefined ? help : `${help}: ${choices.map(code).join(", ")}`;
}

/**
 * Replaces what stands between `<!-- name -->` and `<!-- /name -->`.
 *
 * @throws {Error} when the markers are not there, once each and in this order
 */
export function replaceBlock(text: string, name: string, block: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const parts = text.split(begin);
  const rest = parts[1]?.split(end);
  if (parts.length !== 2 || rest?.length !== 2) throw new Error(`README.md lacks ${begin} … ${end}`);
  return `${parts[0]}${begin}\n\n${block}\n\n${end}${rest[1]}`;
}

function code(text: string): string {
  return `\`${escapePipes(text)}\``;
}

function escapePipes(text: string): string {
  return text.replaceAll("|", "\\|");
}

if (import.meta.main) {
  const current = await Deno.readTextFile(README);
  const serve = COMMANDS.find(({ name }) => name === "serve")!;
  const wanted = replaceBlock(
    replaceBlock(current, "commands", commandsTable(COMMANDS)),
    "flags",
    flagsTable(serve.flags),
  );
  if (current !== wanted) {
    if (Deno.args.includes("--check")) {
      console.error("README.md's tables are stale: run `deno task readme`");
      Deno.exit(1);
    }
    await Deno.writeTextFile(README, wanted);
  }
}
