/** What a deletion's row keeps of a measured tree. */
import type { TreeMeasure } from "./tree_measure.ts";

/** Receipts of an older program lack what is optional here. */
export type Counted =
  & Pick<TreeMeasure, "files" | "bytes" | "unmeasured">
  & Partial<Pick<TreeMeasure, "directories" | "links" | "allocated" | "freed">>;

export function countedOf(measure: Counted): Counted {
  const { files, bytes, unmeasured, directories, links, allocated, freed } = measure;
  return { files, bytes, unmeasured, directories, links, allocated, freed };
}
