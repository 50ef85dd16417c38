import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { cacheKey, ResponseCache } from "../../http/response_cache.ts";
import { boot, V0 } from "../_harness.ts";

/** A question that is spelled as its key. */
async function ask(cache: ResponseCache, key: string, make: () => Promise<string>): Promise<string> {
  const { body } = await cache.get(key, () => Promise.resolve({ key, make }));
  return new TextDecoder().decode(body);
}

Deno.test("ResponseCache gives a text again until something changed, and never one that a change overtook", async () => {
  let token = "1";
  let made = 0;
  const cache = new ResponseCache({ changeToken: () => Promise.resolve(token) });
  const make = () => Promise.resolve(`text ${++made}`);
  assert.equal(await ask(cache, "a", make), "text 1");
  assert.equal(await ask(cache, "a", make), "text 1");
  assert.equal(await ask(cache, "b", make), "text 2");
  token = "2";
  assert.equal(await ask(cache, "a", make), "text 3");
  const overtaken = () => {
    token = "3";
    return make();
  };
  assert.equal(await ask(cache, "c", overtaken), "text 4");
  assert.equal(await ask(cache, "c", make), "text 5");
  token = "4";
  // Asked by another while it is made: neither gets what is older than its own question.
  const slow = Promise.withResolvers<string>();
  const first = ask(cache, "d", () => slow.promise);
  token = "5";
  assert.equal(await ask(cache, "d", make), "text 6");
  slow.resolve("old");
  assert.equal(await first, "old");
  assert.equal(await ask(cache, "d", make), "text 6");
});

Deno.test("ResponseCache forgets what nobody asked for longest when it holds too much", async () => {
  const cache = new ResponseCache({ changeToken: () => Promise.resolve("same") });
  const made: string[] = [];
  const askFor = (key: string, length: number) =>
    ask(cache, key, () => {
      made.push(key);
      return Promise.resolve("x".repeat(length));
    });
  const MIB = 1024 * 1024;
  for (const key of ["a", "b", "a", "c", "a", "b"]) await askFor(key, 14 * MIB);
  assert.deepEqual(made, ["a", "b", "c", "b"]);
  assert.ok(cache.extent.bytes <= 32 * MIB);
});

Deno.test("ResponseCache counts keys as well as texts, and caps how many there are", async () => {
  const cache = new ResponseCache({ changeToken: () => Promise.resolve("same") });
  for (let i = 0; i < 6000; i++) await ask(cache, `${i}`, () => Promise.resolve(""));
  assert.equal(cache.extent.entries, 5000);
  for (let i = 0; i < 400; i++) await ask(cache, "&".repeat(60_000) + i, () => Promise.resolve("x"));
  assert.ok(
    cache.extent.bytes <= 32 * 1024 * 1024 && cache.extent.entries < 300,
    JSON.stringify(cache.extent),
  );
});

Deno.test("cacheKey is one for one meaning", () => {
  assert.equal(cacheKey("/a", { b: 1, a: "x", c: undefined }), cacheKey("/a", { a: "x", b: 1 }));
  const keys = [
    cacheKey("/a", {}),
    cacheKey("/b", {}),
    cacheKey("/a", { a: 1 }),
    cacheKey("/a", { a: "1" }),
    cacheKey("/a", { a: 1, b: 2 }),
    cacheKey("/a", { a: '1],["b",2' }),
  ];
  assert.equal(new Set(keys).size, keys.length);
});

Deno.test("a query is known again however it is written", async () => {
  await using server = await boot();
  await server.app.tasks.register({ task_id: "task_a" });
  let listed = 0;
  const { list } = server.app.tasks;
  server.app.tasks.list = (...args) => {
    listed++;
    return list.apply(server.app.tasks, args);
  };
  const ask = async (query: string) => {
    const { status, body } = await server.call("GET", `${V0}/tasks${query}`);
    assert.deepEqual([status, body.data.total], [200, 1], query);
  };
  for (const query of ["", "?", "?&&&&", `?${"&".repeat(10_000)}`]) await ask(query);
  assert.equal(listed, 1);
  for (
    const query of [
      "?limit=5&status=pending",
      "?status=pending&limit=5",
      "?&limit=05&&%73tatus=pending",
      "?limit=5&status=pendin%67",
    ]
  ) await ask(query);
  assert.equal(listed, 2);
  await ask("?limit=6&status=pending");
  assert.equal(listed, 3);
});

Deno.test("a URL of 16 KiB is taken, a longer one is 414 in the envelope of its family", async () => {
  await using server = await boot();
  const path = `${V0}/tasks?`;
  const pad = (length: number) => path + "&".repeat(length - server.url.length - path.length);
  assert.equal((await server.call("GET", pad(16 * 1024))).status, 200);
  const { status, body } = await server.call("GET", pad(16 * 1024 + 1));
  assert.deepEqual([status, body.code, body.success], [414, 414, false]);
  assert.equal((await server.call("GET", `/nowhere?${"&".repeat(60_000)}`)).status, 414);
});

Deno.test("the list says what is true after each change, by this process or another", async () => {
  await using server = await boot();
  const total = async () => (await server.call("GET", `${V0}/tasks?limit=5`)).body.data.total;
  assert.equal(await total(), 0);
  await server.call("POST", `${V0}/tasks`, { task_id: "task_a" });
  assert.equal(await total(), 1);
  const other = new DatabaseSync(`${server.folder}/pipekeep.db`);
  other.exec("UPDATE data_pipeline_tasks SET task_name = 'from elsewhere'");
  assert.equal(
    (await server.call("GET", `${V0}/tasks?limit=5`)).body.data.tasks[0].task_name,
    "from elsewhere",
  );
  other.exec("DELETE FROM data_pipeline_tasks");
  other.close();
  assert.equal(await total(), 0);
});

Deno.test("GET of a list answers 304 to its own entity tag until a row changes", async () => {
  await using server = await boot();
  const ask = (etag: string) => server.call("GET", `${V0}/tasks`, undefined, { "if-none-match": etag });
  const first = await ask('"another"');
  const etag = first.headers.get("etag")!;
  assert.equal(first.status, 200);
  for (const given of [etag, `W/${etag}`, `"x", ${etag}`]) {
    const { status, body, headers } = await ask(given);
    assert.deepEqual([status, body, headers.get("etag")], [304, undefined, etag]);
  }
  await server.call("POST", `${V0}/tasks`, { task_id: "task_new" });
  const changed = await ask(etag);
  assert.equal(changed.status, 200);
  assert.notEqual(changed.headers.get("etag"), etag);
});
