/** `pipekeep keys create|list|revoke`: who may call (program.md). */
import { ROLES } from "../domain/roles.ts";
import { ApiKeys } from "../services/access/api_keys.ts";
import { formatLocalTime } from "../domain/format.ts";
import { UsageError } from "./errors.ts";
import { onDatabase } from "./host_command.ts";
import { choiceOption, textOption } from "./options.ts";
import { table } from "./table.ts";

const NAME = textOption("name");
const ROLE = choiceOption("role", undefined, ROLES);

export function keys([word, ...args]: string[]): Promise<number> {
  switch (word) {
    case "create":
      return create(args);
    case "list":
      return list(args);
    case "revoke":
      return revoke(args);
  }
  throw new UsageError(
    "usage: pipekeep keys create --name NAME --role read|write|admin | keys list | keys revoke NAME",
  );
}

function create(args: string[]): Promise<number> {
  const usage = "keys create --name NAME --role read|write|admin";
  return onDatabase(args, { flags: [NAME, ROLE], usage }, async ({ database, options, print }) => {
    const name = options.get(NAME, undefined);
    const role = options.get(ROLE, undefined);
    if (name === undefined || role === undefined) throw new UsageError(`usage: pipekeep ${usage}`);
    const key = await new ApiKeys(database, Date.now).create(name, role);
    print(key, `${key.api_key}\n\nThis is the only time it is shown. Use it as: Authorization: Bearer <key>`);
  });
}

function list(args: string[]): Promise<number> {
  return onDatabase(args, { usage: "keys list" }, async ({ database, print }) => {
    const rows = (await new ApiKeys(database, Date.now).list()).map((key) => ({
      name: key.name,
      role: key.role,
      created_at: formatLocalTime(key.created_at),
      revoked_at: key.revoked_at === null ? null : formatLocalTime(key.revoked_at),
    }));
    const cells = rows.map((row) => [row.name, row.role, row.created_at, row.revoked_at ?? ""]);
    print(rows, table(["NAME", "ROLE", "CREATED", "REVOKED"], cells));
  });
}

function revoke(args: string[]): Promise<number> {
  return onDatabase(args, { wanted: 1, usage: "keys revoke NAME" }, async ({ database, words, print }) => {
    await new ApiKeys(database, Date.now).revoke(words[0]!);
    print({ name: words[0], revoked: true }, `revoked ${words[0]}`);
  });
}
