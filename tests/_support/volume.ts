/** A database and a training_data of their own, for services that are tested without a server. */
import type { Database } from "../../db/database.ts";
import type { OpenDatabaseOptions } from "../../db/dialects/sqlite/sqlite.ts";
import { openTrainingData } from "../../services/tasks/open.ts";
import type { Availability } from "../../services/training_data/availability.ts";
import type { TrainingData } from "../../services/training_data/training_data.ts";
import { TreePool } from "../../services/training_data/tree_pool.ts";
import { openTemporary } from "./database.ts";

export interface TestVolume extends AsyncDisposable {
  /** The path of training_data. */
  path: string;
  database: Database;
  /** The path of the SQLite file. */
  store: string;
  availability: Availability;
  trainingData: TrainingData;
  /** Makes a task's directory with files (name → text) in it. */
  fill(taskId: string, files?: Record<string, string>): void;
}

/** Opens both, new and empty; `await using` closes and removes them. */
export async function openTestVolume(options?: OpenDatabaseOptions): Promise<TestVolume> {
  const temporary = await openTemporary(options);
  const { database, path: store } = temporary;
  const path = store.replace(/[^/]+$/, "training_data");
  const pool = new TreePool({ size: 1 });
  const availability = await openTrainingData(database, {
    path,
    pool,
    makeSpace: () => false,
    now: Date.now(),
    accept: false,
  });
  return {
    path,
    database,
    store,
    availability,
    trainingData: availability.use(),
    fill(taskId, files = {}) {
      Deno.mkdirSync(`${path}/${taskId}`, { recursive: true });
      for (const [name, text] of Object.entries(files)) {
        Deno.writeTextFileSync(`${path}/${taskId}/${name}`, text);
      }
    },
    async [Symbol.asyncDispose]() {
      pool.close();
      availability.close();
      await temporary[Symbol.asyncDispose]();
    },
  };
}
