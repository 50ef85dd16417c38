/** Declarations → the texts that `--help` prints. */
import type { Command, Words } from "./command.ts";
import type { Flag } from "./flags.ts";

/** All of a command. */
export function commandHelp(command: Command): string {
  const { name, summary, words, flags, examples, exitCodes } = command;
  const parts = [
    summary,
    `Usage: pipekeep ${usage(command)}`,
    section("Words", Object.entries(words).map(([word, { help }]) => [word.toUpperCase(), help])),
    section("Flags", flags.map((flag) => [flagUsage(flag), flagHelp(flag)])),
    section("Examples", examples.map(({ line, says }) => [`pipekeep ${line}`, says ? `# ${says}` : ""])),
    section("Exit codes", Object.entries(exitCodes).map(([code, meaning]) => [code, meaning])),
  ];
  if (name === "serve") parts.push("A flag beats its variable, which beats the default.");
  return parts.filter((part) => part !== "").join("\n\n");
}

/** What there is: all commands, or those of one word such as `keys`. */
export function overview(commands: readonly Command[], about: string): string {
  return [
    about,
    section("Commands", commands.map((command) => [usage(command), command.summary])),
    "`pipekeep COMMAND --help` says more of one.",
  ].join("\n\n");
}

/** The command's name and what follows it: `keys revoke NAME [flags]`. */
export function usage({ name, words, flags }: Pick<Command, "name" | "words" | "flags">): string {
  const required = flags.filter((flag) => flag.isRequired).map(flagUsage);
  const rest = flags.length > required.length ? ["[flags]"] : [];
  return [name, ...wordUsages(words), ...required, ...rest].join(" ");
}

function wordUsages(words: Words): string[] {
  return Object.entries(words).map(([name, { isOptional, isVariadic }]) => {
    const text = name.toUpperCase() + (isVariadic ? "…" : "");
    return isOptional ? `[${text}]` : text;
  });
}

/** `--port N`. */
export function flagUsage({ name, placeholder }: Flag): string {
  return placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`;
}

function flagHelp({ help, isRepeatable, isRequired, defaultText, variable }: Flag): string {
  const notes = [
    isRequired ? "required" : "",
    isRepeatable ? "repeatable" : "",
    defaultText === "" || defaultText === "off" ? "" : `default: ${defaultText}`,
    variable ?? "",
  ].filter((note) => note !== "");
  return notes.length === 0 ? help : `${help} (${notes.join("; ")})`;
}

/** Left column as wide as its widest text, the right one wrapped; where the left is very wide, the right goes below. */
function section(title: string, rows: readonly (readonly [left: string, right: string])[]): string {
  if (rows.length === 0) return "";
  const width = Math.min(MOST_LEFT, Math.max(...rows.map(([left]) => left.length)));
  const margin = `\n  ${" ".repeat(width)}  `;
  const lines = rows.map(([left, right]) => {
    if (right === "") return `  ${left}`;
    const text = wrap(right, LINE - width - 4).join(margin);
    return left.length > width ? `  ${left}${margin}${text}` : `  ${left.padEnd(width)}  ${text}`;
  });
  return `${title}:\n${lines.join("\n")}`;
}

const LINE = 110;
const MOST_LEFT = 48;

/** Lines of at most `width`, where the words allow it. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}
