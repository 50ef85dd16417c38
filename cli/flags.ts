/**
 * The kinds of flags. Each is declared once, with its help, its environment variable and its default; parsing, help and
 * the README's table read the same declaration.
 *
 * @module
 */
import { DURATION, readDuration } from "../domain/duration.ts";
import type { Surroundings } from "./surroundings.ts";

/** One setting of a command. `Value` is what its command gets. */
export interface Flag<Value = unknown> {
  /** Without the dashes. */
  readonly name: string;
  /** Counts when the flag is not given; an empty one counts as not set. */
  readonly variable?: string;
  /** What it is for, as half a sentence. */
  readonly help: string;
  /** Stands for the value in help; none for a switch, which takes no value on the command line. */
  readonly placeholder?: string;
  /** May be given more than once; in the environment, separated by commas. */
  readonly isRepeatable: boolean;
  readonly isRequired: boolean;
  /** For shell completions. */
  readonly choices?: readonly string[];
  /** What is allowed, as in "--port must be …". */
  readonly allowed: string;
  /** The default in words; empty when there is none. */
  readonly defaultText: string;
  /** The value when neither the flag nor its variable is given. */
  fallback(around: Surroundings): Value;
  /** Undefined for what is not allowed. */
  read(text: string): unknown;
}

/** What all kinds of flags declare. */
export interface FlagOptions<Value> {
  help: string;
  variable?: string;
  placeholder?: string;
  default?: Value | ((around: Surroundings) => Value);
  /** The default in words, where it depends on the machine or says little by itself. */
  defaultText?: string;
  isRequired?: boolean;
}

/** With a default, or required, there always is a value. */
type Given<Value, Options> = Options extends { default: unknown } | { isRequired: true } ? Value
  : Value | undefined;

export function textFlag<const Options extends FlagOptions<string>>(name: string, options: Options) {
  return flag<string, Options>(name, options, {
    placeholder: "TEXT",
    allowed: "a text that is not empty",
    read: (text) => text === "" ? undefined : text,
  });
}

/** A file or folder of this machine. */
export function pathFlag<const Options extends FlagOptions<string>>(name: string, options: Options) {
  return flag<string, Options>(name, options, {
    placeholder: "PATH",
    allowed: "a path that is not empty",
    read: (text) => text === "" ? undefined : text,
  });
}

export function integerFlag<const Options extends FlagOptions<number> & { min: number; max: number }>(
  name: string,
  options: Options,
) {
  const { min, max } = options;
  return flag<number, Options>(name, options, {
    placeholder: "N",
    allowed: `an integer from ${min} to ${max}`,
    read: (text) => {
      const value = Number(text);
      return /^\d{1,15}$/.test(text) && value >= min && value <= max ? value : undefined;
    },
  });
}

/** A length of time, in milliseconds. */
export function durationFlag<const Options extends FlagOptions<number>>(name: string, options: Options) {
  return flag<number, Options>(name, options, {
    placeholder: "TIME",
    allowed: DURATION,
    read: readDuration,
  });
}

export function choiceFlag<
  Choice extends string,
  const Options extends FlagOptions<Choice> & { choices: readonly Choice[] },
>(name: string, options: Options & { choices: readonly Choice[] }) {
  const { choices } = options;
  return flag<Choice, Options>(name, options, {
    placeholder: choices.join("|"),
    choices,
    allowed: `one of ${choices.join(", ")}`,
    read: (text) => choices.find((choice) => choice === text),
  });
}

/** True when it is given. */
export function switchFlag(
  name: string,
  { variable, help, defaultText = "off" }: { variable?: string; help: string; defaultText?: string },
): Flag<boolean> {
  const values: Record<string, boolean> = { true: true, "1": true, false: false, "0": false };
  return {
    name,
    variable,
    help,
    isRepeatable: false,
    isRequired: false,
    allowed: "true or false",
    defaultText,
    fallback: () => false,
    read: (text) => Object.hasOwn(values, text) ? values[text] : undefined,
  };
}

/** Names or addresses of hosts, without port. */
export function hostsFlag(
  name: string,
  { variable, help }: { variable: string; help: string },
): Flag<string[]> {
  return {
    name,
    variable,
    help,
    placeholder: "HOST",
    isRepeatable: true,
    isRequired: false,
    allowed: "the name or address of a host, without port",
    defaultText: "none",
    fallback: () => [],
    read: (text) => /^([\w.-]+|\[?(?=.*:.*:)[0-9a-f:.]+\]?)$/i.test(text) ? text : undefined,
  };
}

type Kind = Pick<Flag, "placeholder" | "allowed" | "read" | "choices">;

function flag<Value, Options extends FlagOptions<Value>>(
  name: string,
  options: Options,
  kind: Kind,
): Flag<Given<Value, Options>> {
  const { variable, help, placeholder = kind.placeholder, isRequired = false } = options;
  const fallback = options.default;
  const defaultText = options.defaultText ?? (typeof fallback === "function" ? "" : String(fallback ?? ""));
  return {
    ...kind,
    name,
    variable,
    help,
    placeholder,
    isRepeatable: false,
    isRequired,
    defaultText,
    fallback: (around) =>
      (fallback instanceof Function ? fallback(around) : fallback) as Given<Value, Options>,
  };
}
