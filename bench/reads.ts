/**
 * Reads while a task of a million files is deleted: p99 of `GET /tasks?limit=50` with four readers without a pause, against
 * the same readers on an idle server.
 *
 *     deno task bench:reads [--rounds 3] [--folders 4000] [--executable PATH]
 *
 * @module
 */
import { benchOptions } from "./_harness.ts";
import { benchReads, FOUR_READERS } from "./_reads.ts";

const FILES_IN_FOLDER = 250;

const options = benchOptions(3, { folders: "4000" });
const folders = Number(options.folders);
const count = (folders * FILES_IN_FOLDER).toLocaleString("en");
await benchReads(options, {
  title: `${count} files in ${folders.toLocaleString("en")} directories of one task`,
  tasks: 1,
  folders,
  files: FILES_IN_FOLDER,
}, [FOUR_READERS]);
