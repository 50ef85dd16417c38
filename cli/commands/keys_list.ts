import { command } from "../command.ts";
import { DATABASE_FLAGS, onDatabase } from "../database_command.ts";
import { table } from "../table.ts";
import { formatLocalTime } from "../../domain/format.ts";

export const keysList = command({
  name: "keys list",
  summary: "list the API keys, the revoked ones too",
  flags: DATABASE_FLAGS,
  run: ({ flags }) =>
    onDatabase(flags, async (database, print) => {
      const { ApiKeys } = await import("../../services/access/api_keys.ts");
      const rows = (await new ApiKeys({ database, clock: Date.now }).list()).map((key) => ({
        name: key.name,
        role: key.role,
        created_at: formatLocalTime(key.created_at),
        revoked_at: key.revoked_at === null ? null : formatLocalTime(key.revoked_at),
      }));
      const cells = rows.map((row) => [row.name, row.role, row.created_at, row.revoked_at ?? ""]);
      print(rows, table(["NAME", "ROLE", "CREATED", "REVOKED"], cells));
    }),
});
