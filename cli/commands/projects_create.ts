import { command } from "../command.ts";
import { DATABASE_FLAGS, onDatabase } from "../database_command.ts";
import { textFlag } from "../flags.ts";
import { printable } from "../printable.ts";

export const projectsCreate = command({
  name: "projects create",
  summary: "make a project and print its key",
  flags: {
    name: textFlag("name", { help: "what it is called", placeholder: "NAME", isRequired: true }),
    ...DATABASE_FLAGS,
  },
  examples: [{ line: "projects create --name research" }],
  run: ({ flags }) =>
    onDatabase(flags, async (database, print) => {
      const { Projects } = await import("../../services/access/projects.ts");
      const { id, project_key } = await new Projects({ database, clock: Date.now }).create(flags.name);
      print({ id, name: flags.name, project_key }, `project ${id} ${printable(flags.name)}: ${project_key}`);
    }),
});
