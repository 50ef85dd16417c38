import { formatLocalTime } from "../../domain/format.ts";
import { command } from "../command.ts";
import { DATABASE_FLAGS, onDatabase } from "../database_command.ts";
import { table } from "../table.ts";

export const projectsList = command({
  name: "projects list",
  summary: "list the projects with their keys",
  flags: DATABASE_FLAGS,
  run: ({ flags }) =>
    onDatabase(flags, async (database, print) => {
      const { Projects } = await import("../../services/access/projects.ts");
      const rows = (await new Projects({ database, clock: Date.now }).list())
        .map((row) => ({ ...row, created_at: formatLocalTime(row.created_at) }));
      const cells = rows.map((row) => [String(row.id), row.name, row.project_key, row.created_at]);
      print(rows, table(["ID", "NAME", "PROJECT KEY", "CREATED"], cells));
    }),
});
