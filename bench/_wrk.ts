/** Load by `wrk`: two threads, sixteen connections. */
import { output } from "./_harness.ts";

export interface Load {
  requests_per_second: number;
  p99_ms: number;
}

/**
 * Another page each time, so that no remembered answer fits: 9,000 pages, more than are remembered, by `limit` from 46 to 54
 * and `offset` below 1,000; the threads go through them half a round apart, lest one finds what the other had made.
 */
const PAGES = `
local threads = 0
function setup(thread)
  thread:set("first", threads * 4500)
  threads = threads + 1
end
local n = 0
function request()
  n = n + 1
  local page = (first + n * 7) % 9000
  local path = wrk.path:gsub("limit=%d+", "limit=" .. (46 + page % 9))
  return wrk.format("GET", path .. "&offset=" .. math.floor(page / 9))
end
`;

/**
 * Asks for `url` as fast as it is answered.
 *
 * @throws {Error} when any answer is not a 2xx, or a connection fails
 */
export async function load(url: string, seconds: number, pages: "one" | "many" = "one"): Promise<Load> {
  const script = Deno.makeTempFileSync({ suffix: ".lua" });
  try {
    Deno.writeTextFileSync(script, pages === "many" ? PAGES : "");
    const text = await output("wrk", ["-t2", "-c16", `-d${seconds}s`, "--latency", "-s", script, url]);
    if (/Non-2xx|Socket errors/.test(text)) throw new Error(`wrk met errors:\n${text}`);
    const rate = /Requests\/sec:\s+([\d.]+)/.exec(text);
    const tail = /99%\s+([\d.]+)(us|ms|s)/.exec(text);
    if (rate === null || tail === null) throw new Error(`wrk said:\n${text}`);
    const unit = { us: 0.001, ms: 1, s: 1000 }[tail[2] as "us" | "ms" | "s"];
    return { requests_per_second: Number(rate[1]), p99_ms: Number(tail[1]) * unit };
  } finally {
    Deno.removeSync(script);
  }
}
