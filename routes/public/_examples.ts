/** Values for the examples of the public API's document, by the names of fields; consistent with each other. */
import type { ExampleValues } from "../../http/examples.ts";

export const EXAMPLES: ExampleValues = {
  projectKey: "d9428888-122b-11e1-b85c-61cd3cbb3210",
  userId: "guest",
  jobId: 7,
  description: "Delete user sessions of userId = guest",
  "PublicJob.status": "running",
  projectId: 1,
  action: "delete_user_data",
  referenceId: "guest",
  createdAt: 1751468241317,
  updatedAt: 1751500800042,
  startAt: 1751500800000,
  errors: null,
  progress: { directories: 3, directoriesTotal: 12, files: 240, bytes: 2621440 },
};
