import assert from "node:assert/strict";
import { DELETION_STATES, type DeletionState, isFinal } from "../../../domain/deletion_states.ts";
import {
  decideReceipt,
  decideRow,
  type RecoveryAction,
  type Verdict,
} from "../../../services/deletion/recovery_decision.ts";
import type { EntryKind } from "../../../services/training_data/training_data.ts";

type Row = [
  state: DeletionState,
  purge_at: number | null,
  place: EntryKind,
  in_trash: boolean,
  verdict: Verdict | undefined,
  isMeasured: boolean,
  action: RecoveryAction,
];

const NO = undefined;

const TABLE: Row[] = [
  // Nothing was moved, or somebody moved it back.
  ["intent", null, "directory", false, NO, false, "release"],
  ["intent", null, "directory", false, NO, true, "release"],
  ["intent", null, "forbidden", false, NO, true, "release"],
  ["intent", null, "absent", false, NO, false, "release"],
  // The database forgot step 4, the receipt did not.
  ["intent", null, "absent", false, NO, true, "purge_by_receipt"],
  // Moved, not recorded.
  ["intent", null, "absent", true, NO, false, "survey"],
  ["intent", null, "absent", true, "removable", false, "record"],
  ["intent", null, "absent", true, "obstructed", false, "put_back"],
  ["intent", null, "directory", true, NO, false, "survey"],
  ["intent", null, "directory", true, "removable", false, "record"],
  ["intent", null, "directory", true, "obstructed", false, "strand"],
  ["intent", null, "forbidden", true, "obstructed", false, "strand"],
  // Recorded.
  ["trashed", null, "absent", true, NO, true, "purge"],
  ["trashed", null, "directory", true, NO, true, "purge"],
  ["trashed", null, "absent", false, NO, true, "mark_purged"],
  ["trashed", 1, "absent", true, NO, true, "wait"],
  ["trashed", 1, "absent", false, NO, true, "mark_purged"],
  ["purge_failed", null, "absent", true, NO, true, "purge"],
  ["purge_failed", null, "directory", true, NO, true, "purge"],
  ["purge_failed", null, "absent", false, NO, true, "mark_purged"],
  // Over, but a power cut undid what was not synced.
  ["purged", null, "absent", true, NO, false, "follow_up"],
  ["purged", null, "absent", false, NO, false, "none"],
  ["failed", null, "absent", true, NO, false, "follow_up"],
  ["failed", null, "directory", true, NO, false, "follow_up"],
  ["failed", null, "directory", false, NO, false, "none"],
  ["released", null, "absent", true, NO, false, "follow_up"],
  ["released", null, "directory", true, NO, false, "follow_up"],
  ["released", null, "directory", false, NO, false, "none"],
  ["stranded", null, "absent", true, NO, false, "put_back"],
  ["stranded", null, "directory", true, NO, false, "strand"],
  ["stranded", null, "directory", false, NO, false, "release"],
];

Deno.test("decideRow says what a start does with a row, by its state and what stands where", async (t) => {
  for (const [state, purge_at, place, in_trash, verdict, isMeasured, action] of TABLE) {
    const name = `${state}${purge_at === null ? "" : " (waiting)"}, place ${place}, ${
      in_trash ? "in" : "not in"
    } the trash${verdict === undefined ? "" : `, ${verdict}`}${isMeasured ? ", measured" : ""}: ${action}`;
    await t.step(name, () => {
      assert.equal(decideRow({ state, purge_at }, { place, in_trash }, verdict, isMeasured), action);
    });
  }
});

Deno.test("decideRow never purges what was not recorded, and never releases what is in the trash", () => {
  for (const state of DELETION_STATES) {
    for (const place of ["directory", "absent", "forbidden"] as const) {
      for (const purge_at of [null, 1]) {
        for (const verdict of [undefined, "removable", "obstructed"] as const) {
          for (const isMeasured of [false, true]) {
            for (const in_trash of [false, true]) {
              const action = decideRow({ state, purge_at }, { place, in_trash }, verdict, isMeasured);
              if (action === "purge") assert.ok(["trashed", "purge_failed"].includes(state));
              // A final row does not change.
              if (isFinal(state)) assert.ok(["none", "follow_up"].includes(action), state);
              if (in_trash) {
                assert.ok(!["release", "mark_purged", "purge_by_receipt"].includes(action), state);
              }
              if (action === "put_back") assert.ok(in_trash && place === "absent");
              if (action === "purge_by_receipt") assert.ok(isMeasured && place === "absent");
            }
          }
        }
      }
    }
  }
});

Deno.test("decideReceipt says what becomes of a receipt that the database does not know", () => {
  const cases: [EntryKind, boolean, boolean, string][] = [
    ["absent", true, false, "put_back"],
    ["absent", true, true, "put_back"],
    ["directory", true, true, "strand"],
    ["forbidden", true, false, "strand"],
    ["absent", false, true, "purge_by_receipt"],
    ["absent", false, false, "none"],
    ["directory", false, true, "in_place"],
    ["directory", false, false, "in_place"],
    ["forbidden", false, true, "none"],
  ];
  for (const [place, in_trash, isMeasured, action] of cases) {
    assert.equal(
      decideReceipt({ isMeasured }, { place, in_trash }),
      action,
      `${place} ${in_trash} ${isMeasured}`,
    );
  }
});
