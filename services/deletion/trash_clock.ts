/**
 * Until when the retention of what waits in the trash is believed to have ended. A clock that jumps ahead by an hour or more
 * while the program runs, or by a day or more between two runs, is believed only after it has stood so for a day: until then
 * no more is purged than would have been without the jump, and whoever reads the log can set the clock right.
 *
 * Limitation: a run that follows a pause of a day or more looks like a jump; what fell due meanwhile goes a day later.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import type { Database } from "../../db/database.ts";
import { listDue } from "../../db/queries/deletions.ts";
import { findSetting, putSetting } from "../../db/queries/settings.ts";
import { type Belief, lookAtClock, type Moment } from "../clock_jumps.ts";

const log = getLogger(["pipekeep", "trash_purger"]);

const HOUR_MS = 3_600_000;
const JUMPS = { tolerance_ms: HOUR_MS, absence_ms: 24 * HOUR_MS, hold_ms: 24 * HOUR_MS };
/** How old what a start reads may be. */
const WRITE_INTERVAL_MS = HOUR_MS;

export interface TrashClockDependencies {
  database: Database;
}

export class TrashClock {
  readonly #deps: TrashClockDependencies;
  #belief: Belief | undefined;
  /** As the database has it. */
  #written: Belief | undefined;

  constructor(dependencies: TrashClockDependencies) {
    this.#deps = dependencies;
  }

  /** Judges a moment, both clocks read at once. Returns the time that is believed to have come for the volume's trash. */
  async look(volumeId: string, moment: Moment): Promise<number> {
    const { database } = this.#deps;
    const setting = `trash_clock:${volumeId}`;
    if (this.#belief === undefined) {
      const text = await findSetting(database.kysely, setting);
      if (text !== undefined) this.#belief = this.#written = JSON.parse(text);
    }
    const { belief, trusted, jump_ms } = lookAtClock(this.#belief, moment, JUMPS);
    if (jump_ms !== null) tell(jump_ms, belief);
    if (this.#isWorthWriting(belief) && await this.#isAnythingWaiting(volumeId)) {
      // The other clock means nothing to the next run.
      const toWrite = { ...belief, seen: { ...belief.seen, monotonic: null } };
      await database.decide([], (trx) => putSetting(trx, setting, JSON.stringify(toWrite)));
      this.#written = toWrite;
    }
    this.#belief = belief;
    return trusted;
  }

  /** Without retention there is nothing to be believed, and a program at rest writes nothing. */
  async #isAnythingWaiting(volumeId: string): Promise<boolean> {
    const [first] = await listDue(this.#deps.database.kysely, volumeId, Number.MAX_SAFE_INTEGER, 1);
    return first !== undefined;
  }

  #isWorthWriting({ seen, hold }: Belief): boolean {
    const written = this.#written;
    return written === undefined || hold?.until !== written.hold?.until ||
      Math.abs(seen.wall - written.seen.wall) >= WRITE_INTERVAL_MS;
  }
}

function tell(jump_ms: number, { hold }: Belief): void {
  const hours = Math.round(Math.abs(jump_ms) / HOUR_MS);
  if (hold === null) {
    log.warn("the clock was set back by {hours} h: what waits in the trash waits for longer", { hours });
    return;
  }
  log.error(
    "the clock is {hours} h {direction} than expected, or the program did not run for as long: until {until} nothing is " +
      "purged from the trash that was not due at {trusted}; set the clock right if it is wrong",
    {
      hours,
      direction: jump_ms > 0 ? "later" : "earlier",
      until: new Date(hold.until).toISOString(),
      trusted: new Date(hold.trusted).toISOString(),
    },
  );
}
