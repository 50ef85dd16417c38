/** A pipeline that reports: PATCH of one record after the other, at a fixed rate. */
import { sleep, TASKS } from "./_harness.ts";

export interface Writer extends AsyncDisposable {
  /** Ends it. Returns how many writes a second went through. Idempotent. */
  stop(): Promise<number>;
}

export function writeAtRate(base: string, per_second: number, ids: readonly string[]): Writer {
  const started = performance.now();
  let isStopped = false;
  let written = 0;
  const writing = (async () => {
    while (!isStopped) {
      const wait = started + written * 1000 / per_second - performance.now();
      if (wait > 0) await sleep(wait);
      await report(base, ids[written % ids.length]!, written);
      written++;
    }
    return written / (performance.now() - started) * 1000;
  })();
  const stop = () => {
    isStopped = true;
    return writing;
  };
  return { stop, [Symbol.asyncDispose]: async () => void await stop() };
}

async function report(base: string, id: string, count: number): Promise<void> {
  const response = await fetch(`${base}${TASKS}/${id}`, {
    method: "PATCH",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ error_message: `warning ${count}` }),
  });
  await response.body?.cancel();
  if (response.status !== 200) throw new Error(`PATCH of ${id} answered ${response.status}`);
}
