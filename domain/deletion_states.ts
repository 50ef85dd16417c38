/** The states of a deletion's row (docs/state_machines.md draws them). */
export const DELETION_STATES = [
  "intent",
  "trashed",
  "purged",
  "purge_failed",
  "released",
  "failed",
  "stranded",
] as const;
export type DeletionState = typeof DELETION_STATES[number];

const FINAL: ReadonlySet<DeletionState> = new Set(["purged", "released", "failed"]);

/** Whether nothing more becomes of a row in this state: it is sealed (domain/seal.ts). */
export function isFinal(state: DeletionState): boolean {
  return FINAL.has(state);
}

/** The steps of the deletion protocol, as each is reached (services/deletion/deletion.ts). */
export const DELETION_STEPS = [
  "claimed",
  "moved",
  "synced",
  "surveyed",
  "recorded",
  "purged",
  "finished",
] as const;
export type DeletionStep = typeof DELETION_STEPS[number];
