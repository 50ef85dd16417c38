/** A command is one declaration: help, usage errors and the README's tables come from it. */
import type { Flag } from "./flags.ts";
import { parseCommandLine } from "./parse.ts";
import type { Surroundings } from "./surroundings.ts";

/** A word that is no flag. Its name is its key in {@linkcode CommandSpec.words}, its place the order of the keys. */
export interface Word {
  readonly help: string;
  /** May be left out; only the last words can be. */
  readonly isOptional?: boolean;
  /** One or more (with `isOptional`, any number) to the end of the line. Only the last word can be. */
  readonly isVariadic?: boolean;
  /** `-` in the place of a variadic word stands for the lines of standard input. */
  readonly takesStdin?: boolean;
}

export interface Example {
  /** What is typed, without `pipekeep`. */
  readonly line: string;
  readonly says?: string;
}

export type Flags = Readonly<Record<string, Flag>>;
export type Words = Readonly<Record<string, Word>>;

/** What a command's flags give. */
export type ValuesOf<F extends Flags> = {
  readonly [Name in keyof F]: F[Name] extends Flag<infer Value> ? Value : never;
};

/** What a command's words give. */
export type TextsOf<W extends Words> = {
  readonly [Name in keyof W]: W[Name] extends { isVariadic: true } ? readonly string[]
    : W[Name] extends { isOptional: true } ? string | undefined
    : string;
};

/** What a command runs on. */
export interface Given<F extends Flags, W extends Words> {
  readonly flags: ValuesOf<F>;
  readonly words: TextsOf<W>;
  readonly around: Surroundings;
}

export interface CommandSpec<F extends Flags, W extends Words> {
  /** The words that call it: `keys create`. */
  readonly name: string;
  /** What it does, in one line without a full stop. */
  readonly summary: string;
  readonly words?: W;
  readonly flags?: F;
  readonly examples?: readonly Example[];
  /** What an exit code means here, where it is not {@linkcode EXIT_CODES}. */
  readonly exitCodes?: Readonly<Record<number, string>>;
  /** Resolves to the exit code; nothing stands for 0. What it throws ends the program with one line. */
  run(given: Given<F, W>): Promise<number | void> | number | void;
}

/** A declared command, as the program's table holds it. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly words: Words;
  readonly flags: readonly Flag[];
  readonly examples: readonly Example[];
  readonly exitCodes: Readonly<Record<number, string>>;
  /** @throws {UsageError} when `args`, which follow the name, are not what was declared */
  run(args: readonly string[], around: Surroundings): Promise<number>;
}

export const EXIT_CODES: Readonly<Record<number, string>> = {
  0: "done",
  1: "refused or failed",
  2: "wrong use",
};

export function command<
  const F extends Flags = Record<never, never>,
  const W extends Words = Record<never, never>,
>(
  spec: CommandSpec<F, W>,
): Command {
  const { name, summary, words = {}, flags = {}, examples = [], exitCodes } = spec;
  return {
    name,
    summary,
    words,
    flags: Object.values(flags),
    examples,
    exitCodes: { ...EXIT_CODES, ...exitCodes },
    async run(args, around) {
      const given = parseCommandLine({ name, words, flags }, args, around);
      const texts = await withStdin(words, given.words);
      return await spec.run({ flags: given.flags, words: texts, around } as Given<F, W>) ?? 0;
    },
  };
}

type Texts = Record<string, string | readonly string[] | undefined>;

/** Replaces `-` among a variadic word's texts by the lines of standard input, empty ones left out. */
async function withStdin(words: Words, texts: Texts): Promise<Texts> {
  const filled = { ...texts };
  for (const [name, { takesStdin }] of Object.entries(words)) {
    const given = texts[name];
    if (!takesStdin || !Array.isArray(given) || !given.includes("-")) continue;
    const lines = (await new Response(Deno.stdin.readable).text()).split(/\r?\n/).filter((line) =>
      line !== ""
    );
    filled[name] = given.flatMap((text: string) => text === "-" ? lines.splice(0) : [text]);
  }
  return filled;
}
