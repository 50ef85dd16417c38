/** Somebody exchanges directories for links while something is tried over and over. */
import assert from "node:assert/strict";
import { PipekeepError } from "../../domain/errors.ts";

const ATTACK = new URL("./exchange_links.py", import.meta.url).pathname;

/** What each call of `attempt` gave, counted, while the pairs are exchanged `times` times. */
export async function underExchange(
  times: number,
  pairs: string[],
  attempt: () => string | Promise<string>,
): Promise<Map<string, number>> {
  const attacker = new Deno.Command("python3", {
    args: [ATTACK, String(times), ...pairs],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let isOver = false;
  const ended = new Response(attacker.stdout).text().then((text) => {
    isOver = true;
    return text;
  });
  const outcomes = new Map<string, number>();
  while (!isOver) {
    for (let i = 0; i < 20; i++) {
      let outcome: string;
      try {
        outcome = await attempt();
      } catch (error) {
        outcome = error instanceof PipekeepError ? error.code : String(error);
      }
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert.equal(await ended, `begun\n${times * pairs.length / 2}\n`);
  await attacker.status;
  return outcomes;
}
