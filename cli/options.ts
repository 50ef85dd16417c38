/** Flags and environment → values: a flag beats the environment, which beats the default (program.md). */
import { parseArgs } from "node:util";
import { DURATION, readDuration } from "../domain/duration.ts";
import { UsageError } from "./errors.ts";

/** One setting: its flag, its variable, and how its text is read. */
export interface Option<Value> {
  flag: string;
  /** Without it, only the flag counts. */
  variable?: string;
  /** A switch takes no value on the command line. */
  isSwitch?: boolean;
  /** May be given more than once; in the environment, separated by commas. */
  isRepeatable?: boolean;
  /** Returns undefined for what is not allowed. */
  read: (text: string) => Value | undefined;
  /** What is allowed, as in "--port must be …". */
  allowed: string;
}

export type Environment = (variable: string) => string | undefined;

/** The words of one command line, with the environment behind them. */
export class Options {
  #values: Record<string, string | boolean | (string | boolean)[] | undefined>;
  #environment: Environment;
  /** The words that are no flags. */
  readonly words: string[];

  /**
   * @param takesWords whether words that are no flags are allowed
   * @throws {UsageError} on a word that no option knows
   */
  constructor(
    args: readonly string[],
    known: readonly Option<unknown>[],
    environment: Environment,
    takesWords = false,
  ) {
    const options = Object.fromEntries(known.map((option) => [option.flag, {
      type: option.isSwitch ? "boolean" as const : "string" as const,
      multiple: option.isRepeatable ?? false,
    }]));
    try {
      const parsed = parseArgs({ args: [...args], options, strict: true, allowPositionals: takesWords });
      this.#values = parsed.values;
      this.words = parsed.positionals;
    } catch (error) {
      throw new UsageError((error as Error).message.split(". ")[0]!);
    }
    this.#environment = environment;
  }

  /** @throws {UsageError} naming the flag or the variable, the value and what is allowed */
  get<Value, Default>(option: Option<Value>, fallback: Default): Value | Default {
    const [value] = this.all(option);
    return value === undefined ? fallback : value;
  }

  /** Every value of a repeatable option, as {@linkcode get} reads one. */
  all<Value>(option: Option<Value>): Value[] {
    const given = this.#values[option.flag];
    if (given !== undefined) {
      return [given].flat().map((text) => read(option, `--${option.flag}`, String(text)));
    }
    const text = option.variable && this.#environment(option.variable);
    if (text === undefined || text === "") return [];
    const texts = option.isRepeatable ? text.split(",").map((part) => part.trim()) : [text];
    return texts.map((text) => read(option, option.variable!, text));
  }
}

function read<Value>(option: Option<Value>, name: string, text: string): Value {
  const value = option.read(text);
  if (value === undefined) {
    throw new UsageError(`${name} is ${JSON.stringify(text)}, but must be ${option.allowed}`);
  }
  return value;
}

export function textOption(flag: string, variable?: string): Option<string> {
  return {
    flag,
    variable,
    read: (text) => text === "" ? undefined : text,
    allowed: "a text that is not empty",
  };
}

export function switchOption(flag: string, variable?: string): Option<boolean> {
  const values: Record<string, boolean> = { true: true, "1": true, false: false, "0": false };
  return { flag, variable, isSwitch: true, read: (text) => values[text], allowed: "true or false" };
}

export function integerOption(
  flag: string,
  variable: string,
  range: { min: number; max: number },
): Option<number> {
  return {
    flag,
    variable,
    read: (text) => {
      const value = Number(text);
      return /^\d{1,15}$/.test(text) && value >= range.min && value <= range.max ? value : undefined;
    },
    allowed: `an integer from ${range.min} to ${range.max}`,
  };
}

export function choiceOption<Choice extends string>(
  flag: string,
  variable: string | undefined,
  choices: readonly Choice[],
): Option<Choice> {
  return {
    flag,
    variable,
    read: (text) => choices.find((choice) => choice === text),
    allowed: `one of ${choices.join(", ")}`,
  };
}

/** Names of hosts, without port. */
export function hostOption(flag: string, variable: string): Option<string> {
  return {
    flag,
    variable,
    isRepeatable: true,
    read: (text) => /^([\w.-]+|\[?[0-9a-f:]+\]?)$/i.test(text) ? text : undefined,
    allowed: "the name or address of a host, without port",
  };
}

/** A length of time in milliseconds. */
export function durationOption(flag: string, variable: string): Option<number> {
  return { flag, variable, read: readDuration, allowed: DURATION };
}
