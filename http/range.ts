/** The `Range` of a request (RFC 9110, 14): one range of bytes. */

/** Bytes `from` to `from + length - 1`. */
export interface ByteRange {
  from: number;
  length: number;
}

/**
 * The part of `size` bytes that the header asks for; `"unsatisfiable"` when it begins behind them. Undefined: all of
 * them, because it asks for nothing that is understood (several ranges, another unit), or nothing is there.
 */
export function parseRange(header: string | null, size: number): ByteRange | "unsatisfiable" | undefined {
  const found = /^\s*bytes\s*=\s*(\d{0,20})-(\d{0,20})\s*$/i.exec(header ?? "");
  if (found === null || size === 0) return undefined;
  const [, first = "", last = ""] = found;
  if (first === "") {
    if (last === "") return undefined;
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { from: size - length, length };
  }
  const from = Number(first);
  if (last !== "" && Number(last) < from) return undefined;
  if (from >= size) return "unsatisfiable";
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return { from, length: end - from + 1 };
}
