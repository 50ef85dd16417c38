import { ROLES } from "../../domain/roles.ts";
import { command } from "../command.ts";
import { DATABASE_FLAGS, onDatabase } from "../database_command.ts";
import { choiceFlag, textFlag } from "../flags.ts";

export const keysCreate = command({
  name: "keys create",
  summary: "make an API key and print it, this once",
  flags: {
    name: textFlag("name", {
      help: "who it is for; the operation log's who",
      placeholder: "NAME",
      isRequired: true,
    }),
    role: choiceFlag("role", {
      help: "what it may do; each role what the one before may",
      choices: ROLES,
      isRequired: true,
    }),
    ...DATABASE_FLAGS,
  },
  examples: [{ line: "keys create --name nightly --role write" }],
  run: ({ flags }) =>
    onDatabase(flags, async (database, print) => {
      const { ApiKeys } = await import("../../services/access/api_keys.ts");
      const key = await new ApiKeys({ database, clock: Date.now }).create(flags.name, flags.role);
      print(
        key,
        `${key.api_key}\n\nThis is the only time it is shown. Use it as: Authorization: Bearer <key>`,
      );
    }),
});
