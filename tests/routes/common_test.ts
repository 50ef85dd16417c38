import assert from "node:assert/strict";
import { boot, exists, type Harness, V0 } from "../_harness.ts";
import { rawRequest } from "../_support/raw_http.ts";
import { assertIsOurs, assertLike, register } from "../_support/scenarios.ts";
import { acceptInStore, refuseInStore } from "../_support/store.ts";

const MIB = 1024 * 1024;

/** JSON of exactly `size` bytes that deletes `task_id`. */
function paddedBody(task_id: string, size: number): string {
  const body = JSON.stringify({ task_ids: [task_id], confirm: true });
  return body + " ".repeat(size - body.length);
}

/** The same bytes without a content-length. */
function streamed(text: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 65536) controller.enqueue(bytes.slice(at, at + 65536));
      controller.close();
    },
  });
}

Deno.test("A body of 1 MiB is taken, a larger one is 413", async (t) => {
  await using harness = await boot();
  for (const [size, status] of [[MIB, 200], [MIB + 1, 413], [3 * MIB, 413]] as const) {
    for (const way of ["whole", "streamed"]) {
      await t.step(`${size} bytes, ${way}`, async () => {
        await harness.call("POST", `${V0}/tasks`, { task_id: "big" });
        const text = paddedBody("big", size);
        const response = await fetch(`${harness.url}${V0}/tasks`, {
          method: "DELETE",
          body: way === "whole" ? text : streamed(text),
        });
        const body = await response.json();
        assert.equal(response.status, status);
        assertLike(body, { success: status === 200, code: status, message: /./ });
        assert.equal(exists(`${harness.trainingData}/big`), status === 413);
        if (status === 200) {
          await harness.call("DELETE", `${V0}/tasks/big`, { confirm: true, delete_database_records: true });
        }
      });
    }
  }
});

Deno.test("A body that is no JSON in UTF-8 is 400", async (t) => {
  await using harness = await boot();
  await register(harness, "kept");
  const valid = '{"task_ids": ["kept"], "confirm": true}';
  const latin1 = Uint8Array.from(
    '{"task_ids": ["kept"], "confirm": true, "x": "\xe4"}',
    (c) => c.charCodeAt(0),
  );
  const utf16 = Uint8Array.from(valid, (c) => c.charCodeAt(0)).reduce<number[]>(
    (all, b) => [...all, b, 0],
    [],
  );
  const bodies: [name: string, body: string | Uint8Array<ArrayBuffer>][] = [
    ["cut off", valid.slice(0, -1)],
    ["two values", valid + valid],
    ["single quotes", valid.replaceAll('"', "'")],
    ["Python's True", valid.replace("true", "True")],
    ["a trailing comma", valid.replace("true}", "true,}")],
    ["a comment", valid.replace("}", " // yes\n}")],
    ["a form", "task_ids=kept&confirm=true"],
    ["only white space", " \n"],
    ["a lone word", "kept"],
    ["Latin-1", latin1],
    ["UTF-16", Uint8Array.from(utf16)],
    ["a cut character", Uint8Array.from([...new TextEncoder().encode('"任'), 0x22].toSpliced(3, 1))],
  ];
  for (const [method, path] of [["DELETE", "/tasks"], ["DELETE", "/tasks/kept"], ["POST", "/tasks"]]) {
    for (const [name, body] of bodies) {
      await t.step(`${method} ${path}: ${name}`, async () => {
        const before = await harness.snapshot();
        const response = await fetch(`${harness.url}${V0}${path}`, { method, body });
        assert.equal(response.status, 400);
        assertLike(await response.json(), { success: false, code: 400, message: /./ });
        assert.deepEqual(await harness.snapshot(), before);
      });
    }
  }
});

Deno.test("Unknown paths are 404 in the envelope of their family", async (t) => {
  await using harness = await boot();
  const v0 = { success: false, code: 404, message: /[\u4e00-\u9fff]/ };
  const cases: [path: string, answer: Record<string, unknown>][] = [
    [`${V0}/nowhere`, v0],
    [`${V0}/tasks/a/b/c/d`, v0],
    [`${V0}//tasks`, v0],
    [`${V0}/TASKS`, v0],
    ["/api/v0", v0],
    ["/api/v0/", v0],
    ["/api/v1/nowhere", { code: 404, message: /./, data: null, success: undefined }],
    ["/nowhere", { error: /./, success: undefined }],
    ["/api", { error: /./, success: undefined }],
    ["/api/v00/x", { error: /./, success: undefined }],
    ["/tasks", { error: /./, success: undefined }],
    ["/constructor", { error: /./ }],
  ];
  for (const [path, answer] of cases) {
    await t.step(path, async () => {
      for (const method of ["GET", "DELETE"]) {
        const got = await harness.call(method, path, method === "GET" ? undefined : { confirm: true });
        assert.equal(got.status, 404);
        assertLike(got.body, answer);
        assertIsOurs(got);
      }
    });
  }
  await t.step("/public", async () => {
    const got = await harness.call("GET", "/public/somebody/nowhere");
    assert.ok([401, 404].includes(got.status));
    assert.deepEqual(Object.keys(got.body), ["error"]);
  });
});

Deno.test("A wrong method is 405 with Allow", async (t) => {
  await using harness = await boot();
  await register(harness, "a");
  const known: [path: string, allow: string[]][] = [
    [`${V0}/tasks`, ["DELETE", "GET", "HEAD", "POST"]],
    [`${V0}/tasks/a`, ["DELETE", "GET", "HEAD", "PATCH"]],
    [`${V0}/tasks/a/steps/qa_generation`, ["PATCH"]],
    [`${V0}/deletions`, ["GET", "HEAD"]],
    [`${V0}/jobs/1`, ["GET", "HEAD"]],
  ];
  const odd = ["PROPFIND", "delete", "constructor", "toString", "hasOwnProperty"];
  for (const [path, allow] of known) {
    const wrong = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].filter((m) =>
      !allow.includes(m)
    );
    for (const method of path === `${V0}/tasks` ? [...wrong, ...odd] : wrong) {
      await t.step(`${method} ${path}`, async () => {
        const { status, headers, text } = await rawRequest(harness.url, method, path, '{"confirm": true}');
        assert.equal(status, 405);
        assert.deepEqual(headers.get("allow")?.split(", ").sort(), allow);
        if (method !== "HEAD") assertLike(JSON.parse(text), { success: false, code: 405, message: /./ });
      });
    }
  }
  assert.ok(exists(`${harness.trainingData}/a`));
});

Deno.test("x-request-id is the client's if it is sane, else made, on every answer", async (t) => {
  await using harness = await boot();
  const sane = ["abc", "6f1c2d3e-0000-4000-8000-000000000000", "a.b_c:d-1", "x".repeat(128)];
  const insane = ["", "a b", "x".repeat(129), "<script>", "a,b", 'a"b', "%0a"];
  const paths = [`${V0}/tasks`, `${V0}/tasks/none`, `${V0}/tasks?limit=0`, "/nowhere", "/healthz"];
  for (const path of paths) {
    await t.step(path, async () => {
      for (const id of sane) {
        const { headers } = await harness.call("GET", path, undefined, { "x-request-id": id });
        assert.equal(headers.get("x-request-id"), id);
      }
      const made = new Set<string>();
      for (const id of [...insane, undefined]) {
        const { headers } = await harness.call(
          "GET",
          path,
          undefined,
          id === undefined ? {} : { "x-request-id": id },
        );
        const own = headers.get("x-request-id")!;
        assert.match(own, /^[A-Za-z0-9._:-]{8,128}$/);
        made.add(own);
      }
      assert.equal(made.size, insane.length + 1);
    });
  }
});

Deno.test("Answers are UTF-8 with Chinese text as it is", async () => {
  await using harness = await boot();
  await harness.call("POST", `${V0}/tasks`, { task_id: "a", task_name: "服务区 🚀" });
  const response = await fetch(`${harness.url}${V0}/tasks`);
  assert.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
  const text = new TextDecoder("utf-8", { fatal: true }).decode(await response.arrayBuffer());
  assert.ok(text.includes("获取任务列表成功") && text.includes("服务区 🚀"));
  assert.doesNotMatch(text, /\\u[0-9a-f]{4}/i);
});

/** Error answers of many kinds. */
async function errorsOf(harness: Harness): Promise<string[]> {
  const confirm = { confirm: true };
  const answers = [
    await harness.call("DELETE", `${V0}/tasks`, "{"),
    await harness.call("DELETE", `${V0}/tasks`, {
      task_ids: ["link", "file", "../..", "gone"],
      confirm: true,
    }),
    await harness.call("DELETE", `${V0}/tasks/link`, confirm),
    await harness.call("DELETE", `${V0}/tasks/file`, confirm),
    await harness.call("DELETE", `${V0}/tasks/gone`, confirm),
    await harness.call("DELETE", `${V0}/tasks/..%2f..`, confirm),
    await harness.call("GET", `${V0}/tasks?limit=x&cursor=y&created_after=z`),
    await harness.call("GET", `${V0}/jobs/99`),
    await harness.call("GET", "/nowhere"),
    await harness.call("PUT", `${V0}/tasks`),
  ];
  const writes: [method: string, path: string, body: unknown, event: string][] = [
    ["DELETE", "/tasks", { task_ids: ["a"], confirm: true }, "BEFORE INSERT ON deletions"],
    ["DELETE", "/tasks/a", confirm, "BEFORE UPDATE ON deletions"],
    ["DELETE", "/tasks/a", { confirm: true, async: true }, "BEFORE INSERT ON jobs"],
    ["POST", "/tasks", { task_id: "new" }, "BEFORE INSERT ON data_pipeline_tasks"],
    ["PATCH", "/tasks/b", { status: "running" }, "BEFORE UPDATE ON data_pipeline_tasks"],
  ];
  for (const [method, path, body, event] of writes) {
    refuseInStore(harness, event);
    const answer = await harness.call(method, V0 + path, body);
    acceptInStore(harness);
    assert.equal(answer.status, 500, path);
    assertLike(answer.body, { success: false, code: 500, message: /[\u4e00-\u9fff]/ });
    answers.push(answer);
  }
  return answers.map((answer) => JSON.stringify([answer.body, ...answer.headers]));
}

Deno.test("No error answer shows a path of the machine, SQL or a stack", async () => {
  await using harness = await boot();
  await register(harness, "a", "b");
  Deno.symlinkSync(harness.folder, `${harness.trainingData}/link`);
  Deno.writeTextFileSync(`${harness.trainingData}/file`, "x");
  for (const answer of await errorsOf(harness)) {
    assert.ok(!answer.includes(harness.folder), answer);
    assert.doesNotMatch(
      answer,
      /secret_refusal|select |insert |update |sqlite|constraint|data_pipeline_tasks/i,
    );
    assert.doesNotMatch(answer, /\.ts\b|file:\/\/|node:|\n\s+at |\/tmp\/|\/home\/|\/etc\//);
  }
  assert.equal(exists(`${harness.trainingData}/new`), false);
  assert.ok(exists(`${harness.trainingData}/a`));
});
