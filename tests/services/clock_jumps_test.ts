import assert from "node:assert/strict";
import { type Belief, lookAtClock } from "../../services/clock_jumps.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const OPTIONS = { tolerance_ms: HOUR, absence_ms: DAY, hold_ms: DAY };
const START = 1_000 * DAY;

/** What happens, look by look: how far the wall clock goes on, and how far the other one (null: in a new run). */
type Step = [wall: number, monotonic: number | null, trusted: number, jump?: number];

/** `trusted` is told as the time since the start. */
const COURSES: Record<string, Step[]> = {
  "a clock that goes on is believed": [[0, 0, 0], [MINUTE, MINUTE, MINUTE], [MINUTE, MINUTE, 2 * MINUTE]],
  "small steps are believed, forward and back": [[0, 0, 0], [59 * MINUTE, 0, 59 * MINUTE], [
    -59 * MINUTE,
    0,
    0,
  ]],
  "a jump of an hour is held for a day, and then believed": [
    [0, 0, 0],
    [HOUR, 0, 0, HOUR],
    [DAY - 1, DAY - 1, 0],
    [1, 1, HOUR + DAY],
  ],
  "a jump of thirty days that is taken back was never believed": [
    [0, 0, 0],
    [30 * DAY + MINUTE, MINUTE, MINUTE, 30 * DAY],
    [MINUTE, MINUTE, MINUTE],
    [-30 * DAY + MINUTE, MINUTE, 3 * MINUTE, -30 * DAY],
    [MINUTE, MINUTE, 4 * MINUTE],
  ],
  "a jump that is taken back in part is held anew": [
    [0, 0, 0],
    [30 * DAY, 0, 0, 30 * DAY],
    [-10 * DAY, 0, 0, -10 * DAY],
    [DAY - 1, DAY - 1, 0],
    [1, 1, 21 * DAY],
  ],
  "a second jump does not make the first one last": [
    [0, 0, 0],
    [2 * HOUR, 0, 0, 2 * HOUR],
    [5 * DAY, 0, 0, 5 * DAY],
    [DAY, DAY, 6 * DAY + 2 * HOUR],
  ],
  "a small step back after a jump does not undo the doubt": [
    [0, 0, 0],
    [30 * DAY, 0, 0, 30 * DAY],
    [-1000, 0, 0],
    [MINUTE, MINUTE, 0],
  ],
  "a clock set back a day is believed, and nothing comes early": [
    [0, 0, 0],
    [-DAY, 0, -DAY, -DAY],
    [MINUTE, MINUTE, -DAY + MINUTE],
  ],
  "an end of less than a day is no jump": [[0, 0, 0], [DAY - 1, null, DAY - 1]],
  "a start a day or more later is held for a day": [
    [0, 0, 0],
    [DAY, null, 0, DAY],
    [MINUTE, MINUTE, 0],
    [DAY - MINUTE, DAY - MINUTE, 2 * DAY],
  ],
  "starts during a hold do not end it, and do not renew it": [
    [0, 0, 0],
    [30 * DAY, null, 0, 30 * DAY],
    [HOUR, null, 0],
    [HOUR, null, 0],
    [22 * HOUR, null, 31 * DAY],
  ],
  "a server that is off each weekend goes on purging": [
    [0, 0, 0],
    [3 * DAY, null, 0, 3 * DAY],
    [10 * HOUR, 10 * HOUR, 0],
    [14 * HOUR, null, 4 * DAY],
  ],
};

for (const [name, steps] of Object.entries(COURSES)) {
  Deno.test(`lookAtClock: ${name}`, () => {
    let belief: Belief | undefined;
    let wall = START;
    let monotonic = 5;
    for (const [i, [onWall, onMonotonic, trusted, jump]] of steps.entries()) {
      wall += onWall;
      if (onMonotonic === null) {
        monotonic = 7;
        // As it comes back from the database.
        belief = { ...belief!, seen: { ...belief!.seen, monotonic: null } };
      } else monotonic += onMonotonic;
      const look = lookAtClock(belief, { wall, monotonic }, OPTIONS);
      belief = look.belief;
      assert.deepEqual([look.trusted - START, look.jump_ms], [trusted, jump ?? null], `look ${i + 1}`);
    }
  });
}
