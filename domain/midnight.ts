/** The next midnight UTC after `now`, in epoch milliseconds; at midnight itself, the one a day later. */
export function nextMidnightUtc(now: number): number {
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO("UTC").toPlainDate();
  return today.add({ days: 1 }).toZonedDateTime("UTC").epochMilliseconds;
}
