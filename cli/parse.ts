/** Command line and environment → values: a flag beats the environment, which beats the default (program.md). */
import { parseArgs } from "node:util";
import type { Flags, Words } from "./command.ts";
import { UsageError } from "./errors.ts";
import type { Flag } from "./flags.ts";
import { didYouMean } from "./nearest.ts";
import type { Surroundings } from "./surroundings.ts";

/** What {@linkcode parseCommandLine} needs of a command. */
export interface Declared {
  name: string;
  words: Words;
  flags: Flags;
}

export interface Parsed {
  flags: Record<string, unknown>;
  words: Record<string, string | string[] | undefined>;
}

/** @throws {UsageError} naming the flag or the variable, the value and what is allowed */
export function parseCommandLine(
  declared: Declared,
  args: readonly string[],
  around: Surroundings,
): Parsed {
  const { given, positionals } = readTokens(declared, args);
  const flags: Record<string, unknown> = {};
  for (const [key, flag] of Object.entries(declared.flags)) {
    flags[key] = valueOf(flag, given.get(flag.name), around, declared.name);
  }
  return { flags, words: placeWords(declared, positionals) };
}

function readTokens({ name: command, flags }: Declared, args: readonly string[]) {
  const byName = new Map(Object.values(flags).map((flag) => [flag.name, flag]));
  const options = Object.fromEntries([...byName.values()].map((flag) => [flag.name, {
    type: isSwitch(flag) ? "boolean" as const : "string" as const,
    multiple: flag.isRepeatable,
  }]));
  // Not strict: its messages do not say what is allowed.
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const flag = token.rawName.startsWith("--") ? byName.get(token.name) : undefined;
    if (flag === undefined) {
      const known = [...byName.keys(), "help"].map((name) => `--${name}`);
      throw new UsageError(
        `no flag ${JSON.stringify(token.rawName)}${didYouMean(token.rawName, known, hint(command))}`,
      );
    }
    const text = textOf(flag, token.value, token.inlineValue ?? false);
    given.set(flag.name, flag.isRepeatable ? [...given.get(flag.name) ?? [], text] : [text]);
  }
  return { given, positionals };
}

function textOf(flag: Flag, value: string | undefined, isInline: boolean): string {
  if (isSwitch(flag)) {
    if (isInline) throw new UsageError(`--${flag.name} takes no value`);
    return "true";
  }
  if (value === undefined) throw new UsageError(`--${flag.name} lacks its value: ${flag.allowed}`);
  // More likely the value was forgotten than that it begins so.
  if (!isInline && value.length > 1 && value.startsWith("-")) {
    throw new UsageError(
      `--${flag.name} lacks its value: ${flag.allowed}; if ${JSON.stringify(value)} is meant, ` +
        `write --${flag.name}=${value}`,
    );
  }
  return value;
}

function valueOf(flag: Flag, texts: string[] | undefined, around: Surroundings, command: string): unknown {
  if (texts !== undefined) return collect(flag, texts.map((text) => read(flag, `--${flag.name}`, text)));
  const text = flag.variable && around.environment(flag.variable);
  if (text) {
    const parts = flag.isRepeatable ? text.split(",").map((part) => part.trim()) : [text];
    return collect(flag, parts.map((part) => read(flag, flag.variable!, part)));
  }
  if (flag.isRequired) throw new UsageError(`--${flag.name} is missing: ${flag.allowed}${hint(command)}`);
  return flag.fallback(around);
}

function collect(flag: Flag, values: unknown[]): unknown {
  return flag.isRepeatable ? values : values[0];
}

function read(flag: Flag, name: string, text: string): unknown {
  const value = flag.read(text);
  if (value === undefined) {
    throw new UsageError(`${name} is ${JSON.stringify(text)}, but must be ${flag.allowed}`);
  }
  return value;
}

function placeWords({ name: command, words }: Declared, positionals: string[]): Parsed["words"] {
  const rest = [...positionals];
  const placed: Parsed["words"] = {};
  for (const [name, word] of Object.entries(words)) {
    if (rest.length === 0 && !word.isOptional) {
      throw new UsageError(`${name.toUpperCase()} is missing: ${word.help}${hint(command)}`);
    }
    placed[name] = word.isVariadic ? rest.splice(0) : rest.shift();
  }
  if (rest.length > 0) {
    throw new UsageError(`${JSON.stringify(rest[0])} is one word too many${hint(command)}`);
  }
  return placed;
}

function isSwitch(flag: Flag): boolean {
  return flag.placeholder === undefined;
}

function hint(command: string): string {
  return ` (see: pipekeep ${command} --help)`;
}
