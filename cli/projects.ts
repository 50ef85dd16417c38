/** `pipekeep projects create|list`: what jobs and background tasks belong to (program.md). */
import { formatLocalTime } from "../domain/format.ts";
import { Projects } from "../services/access/projects.ts";
import { UsageError } from "./errors.ts";
import { onDatabase } from "./host_command.ts";
import { textOption } from "./options.ts";
import { table } from "./table.ts";

const NAME = textOption("name");

export function projects([word, ...args]: string[]): Promise<number> {
  switch (word) {
    case "create":
      return create(args);
    case "list":
      return list(args);
  }
  throw new UsageError("usage: pipekeep projects create --name NAME | projects list");
}

function create(args: string[]): Promise<number> {
  const usage = "projects create --name NAME";
  return onDatabase(args, { flags: [NAME], usage }, async ({ database, options, print }) => {
    const name = options.get(NAME, undefined);
    if (name === undefined) throw new UsageError(`usage: pipekeep ${usage}`);
    const { id, project_key } = await new Projects(database, Date.now).create(name);
    print({ id, name, project_key }, `project ${id} ${name}: ${project_key}`);
  });
}

function list(args: string[]): Promise<number> {
  return onDatabase(args, { usage: "projects list" }, async ({ database, print }) => {
    const rows = (await new Projects(database, Date.now).list())
      .map((row) => ({ ...row, created_at: formatLocalTime(row.created_at) }));
    const cells = rows.map((row) => [String(row.id), row.name, row.project_key, row.created_at]);
    print(rows, table(["ID", "NAME", "PROJECT KEY", "CREATED"], cells));
  });
}
