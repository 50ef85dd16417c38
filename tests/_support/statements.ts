/** The SQL that really runs. */
import { DatabaseSync } from "node:sqlite";

/** Collects the statements that are prepared while `work` runs. */
export async function statementsOf(work: () => Promise<void>): Promise<Set<string>> {
  const statements = new Set<string>();
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function (...args) {
    statements.add(args[0]);
    return prepare.apply(this, args);
  };
  try {
    await work();
    return statements;
  } finally {
    DatabaseSync.prototype.prepare = prepare;
  }
}
