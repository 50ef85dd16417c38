/** Every command, in the order of help and README. What a command runs on is imported only when it runs. */
import type { Command } from "./command.ts";
import { help } from "./commands/help.ts";
import { keysCreate } from "./commands/keys_create.ts";
import { keysList } from "./commands/keys_list.ts";
import { keysRevoke } from "./commands/keys_revoke.ts";
import { projectsCreate } from "./commands/projects_create.ts";
import { projectsList } from "./commands/projects_list.ts";
import { serve } from "./commands/serve.ts";
import { version } from "./commands/version.ts";

export const COMMANDS: readonly Command[] = [
  serve,
  keysCreate,
  keysList,
  keysRevoke,
  projectsCreate,
  projectsList,
  version,
  help,
];
