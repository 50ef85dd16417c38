import { command } from "../command.ts";
import { DATABASE_FLAGS, onDatabase } from "../database_command.ts";
import { printable } from "../printable.ts";

export const keysRevoke = command({
  name: "keys revoke",
  summary: "make an API key invalid, at once, also in a running server",
  words: { name: { help: "the key's name" } },
  flags: DATABASE_FLAGS,
  examples: [{ line: "keys revoke nightly" }],
  run: ({ flags, words: { name } }) =>
    onDatabase(flags, async (database, print) => {
      const { ApiKeys } = await import("../../services/access/api_keys.ts");
      await new ApiKeys({ database, clock: Date.now }).revoke(name);
      print({ name, revoked: true }, `revoked ${printable(name)}`);
    }),
});
