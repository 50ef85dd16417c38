/** Looks at JSON text for what JSON.parse lets pass: names given twice, text that is none, nesting without end. */
import { PipekeepError } from "../domain/errors.ts";
import { isText } from "./text.ts";

const MAX_DEPTH = 200;
/** Places that are remembered; of further ones only the number. */
const MAX_PLACES = 20;

/** Dotted paths such as `params.keep_last`, and how many there are beyond these. */
export interface Places {
  paths: string[];
  more: number;
}

/** What {@linkcode inspectJson} found. */
export interface JsonFindings {
  /** Fields that stand twice in one object: JSON.parse takes the last, so a `dry_run` could be overruled. */
  repeated: Places;
  /** Names and values that hold what is no text, see {@linkcode isText}. */
  noText: Places;
}

/** An object or array that is open at the place the scan has come to. */
interface Level {
  isObject: boolean;
  /** In an object: the next string is a name. */
  awaitsName: boolean;
  /** In an object: the name whose value comes; in an array: how many elements went before. */
  at: string | number;
  firstName?: string;
  /** All names, once there are two. */
  names?: Set<string>;
  /** Those that were reported already. */
  reported?: Set<string>;
}

/**
 * One pass over `text`, before it is parsed. Of text that is no JSON it may find anything; JSON.parse refuses that.
 *
 * @throws {PipekeepError} malformed_json, when it is nested deeper than 200: nobody does so by intent, and it would
 * exhaust the stack of whoever walks the value, the database's included
 */
export function inspectJson(text: string): JsonFindings {
  const repeated: Places = { paths: [], more: 0 };
  const noText: Places = { paths: [], more: 0 };
  const levels: Level[] = [];
  let level: Level | undefined;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const end = endOfString(text, i);
        const literal = text.slice(i, end);
        // Raw, neither NUL nor half a pair gets past the decoder and the parser.
        const isEscaped = literal.includes("\\");
        const value = isEscaped ? decoded(literal) : literal.slice(1, -1);
        if (level?.awaitsName) {
          level.awaitsName = false;
          level.at = value;
          if (isRepeated(level, value)) note(repeated, levels);
        }
        if (isEscaped && !isText(value)) note(noText, levels);
        i = end - 1;
        break;
      }
      case OPEN_OBJECT:
      case OPEN_ARRAY: {
        const isObject = text.charCodeAt(i) === OPEN_OBJECT;
        level = { isObject, awaitsName: isObject, at: isObject ? "" : 0 };
        if (levels.push(level) > MAX_DEPTH) {
          throw new PipekeepError("malformed_json", `the body is nested deeper than ${MAX_DEPTH}`);
        }
        break;
      }
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        levels.pop();
        level = levels.at(-1);
        break;
      case COMMA:
        if (level?.isObject) level.awaitsName = true;
        else if (level !== undefined) (level.at as number)++;
    }
  }
  return { repeated, noText };
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d];

/** The index after the string that begins at `from`. */
function endOfString(text: string, from: number): number {
  for (let i = from + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i + 1;
  }
  return text.length;
}

/** What a string literal with escapes means: `"a"` and `"\u0061"` are one name. */
function decoded(literal: string): string {
  try {
    return JSON.parse(literal);
  } catch {
    // No JSON: the parser refuses the whole.
    return literal;
  }
}

/** Whether `name` stood in this object before; true once for each name. */
function isRepeated(level: Level, name: string): boolean {
  if (level.firstName === undefined) {
    level.firstName = name;
    return false;
  }
  level.names ??= new Set([level.firstName]);
  if (!level.names.has(name)) {
    level.names.add(name);
    return false;
  }
  level.reported ??= new Set();
  if (level.reported.has(name)) return false;
  level.reported.add(name);
  return true;
}

function note(places: Places, levels: readonly Level[]): void {
  if (places.paths.length < MAX_PLACES) places.paths.push(levels.map((level) => level.at).join("."));
  else places.more++;
}
