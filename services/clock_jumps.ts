/**
 * A clock that was set wrong, or right again: what depends on how long something has been the case must not all happen at
 * once because of it. A jump forward is not believed before it has lasted.
 *
 * @module
 */

/** Monotonic and wall time of one moment, in milliseconds. */
export interface Moment {
  /** Epoch milliseconds. */
  wall: number;
  /** Of a clock that nobody sets; null: of an earlier run of the program. */
  monotonic: number | null;
}

/** What was believed at the last look. Times in epoch milliseconds. */
export interface Belief {
  seen: Moment;
  /** The clock jumped: before `until` nothing later than `trusted` is believed to have come. */
  hold: { trusted: number; ahead_ms: number; until: number } | null;
}

export interface JumpOptions {
  /** How far the clock may run ahead between two looks of one run without being doubted. */
  tolerance_ms: number;
  /** How long a run may have been over without the clock being doubted. */
  absence_ms: number;
  /** How long a jump has to last before it is believed. */
  hold_ms: number;
}

/** What a look says. */
export interface Look {
  belief: Belief;
  /** The time that is believed to have come: never later than the clock says. */
  trusted: number;
  /** How far the clock jumped since the last look, when that was too far; negative: it was set back. */
  jump_ms: number | null;
}

/** Pure. `before` undefined: the first look of all, which believes the clock. */
export function lookAtClock(before: Belief | undefined, now: Moment, options: JumpOptions): Look {
  if (before === undefined) return { belief: { seen: now, hold: null }, trusted: now.wall, jump_ms: null };
  const { seen } = before;
  const isSameRun = seen.monotonic !== null && now.monotonic !== null;
  const expected = seen.wall + (isSameRun ? now.monotonic! - seen.monotonic! : 0);
  const ahead = now.wall - expected;
  const isForward = ahead >= (isSameRun ? options.tolerance_ms : options.absence_ms);
  const isBack = ahead <= -options.tolerance_ms;
  let { hold } = before;
  // A jump does not make an earlier one last.
  if (hold !== null && (isForward ? expected : now.wall) >= hold.until) hold = null;
  if (isForward || (isBack && hold !== null)) {
    const ahead_ms = (hold?.ahead_ms ?? 0) + ahead;
    const isTakenBack = ahead_ms < options.tolerance_ms;
    hold = isTakenBack
      ? null
      : { trusted: hold?.trusted ?? expected, ahead_ms, until: now.wall + options.hold_ms };
  }
  return {
    belief: { seen: now, hold },
    trusted: Math.min(now.wall, hold?.trusted ?? now.wall),
    jump_ms: isForward || isBack ? ahead : null,
  };
}
