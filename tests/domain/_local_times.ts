/** Run with TZ set: compares formatLocalTime with the straightforward way; prints `<compared> <first time that differs>`. */
import { formatLocalTime } from "../../domain/format.ts";

const STEP_MS = 31 * 3_600_000;
const FROM = Date.UTC(1890);
const TO = Date.UTC(2090);

function straightforward(epochMs: number): string {
  const t = new Date(epochMs);
  const digits = (n: number, count: number) => String(n).padStart(count, "0");
  const date = `${digits(t.getFullYear(), 4)}-${digits(t.getMonth() + 1, 2)}-${digits(t.getDate(), 2)}`;
  const time = [t.getHours(), t.getMinutes(), t.getSeconds()].map((n) => digits(n, 2)).join(":");
  const ms = t.getMilliseconds();
  return `${date}T${time}${ms === 0 ? "" : `.${digits(ms, 3)}000`}`;
}

let compared = 0;
const differs = (epochMs: number): boolean => {
  compared++;
  return formatLocalTime(epochMs) !== straightforward(epochMs);
};

function findDifference(): number | undefined {
  for (let at = FROM; at < TO; at += STEP_MS) {
    // A change of the offset is looked at from both sides, to the millisecond.
    let [before, after] = [at, at + STEP_MS];
    while (after - before > 1 && offset(before) !== offset(after)) {
      const middle = Math.floor((before + after) / 2);
      if (offset(middle) === offset(before)) before = middle;
      else after = middle;
    }
    const random = at + Math.floor(Math.random() * STEP_MS);
    for (const time of [before, after, random, Math.floor(random / 1000) * 1000]) {
      if (differs(time)) return time;
    }
  }
  return undefined;
}

function offset(epochMs: number): number {
  return new Date(epochMs).getTimezoneOffset();
}

const difference = findDifference();
console.log(compared, difference);
