/** Bad bodies of every /api/v1/tasks route: 400 that names the field, and no row is another. */
import { boot } from "../../../_harness.ts";
import { assertRefusals, claimed, create, type Refusal } from "../../../_support/background.ts";

/** As JSON text: what no integer field takes, whatever its range. */
const NO_INTEGERS = [
  '"1"',
  '"1e3"',
  '"+1"',
  '" 1"',
  "1.5",
  "1e-1",
  "1e400",
  "true",
  "null",
  "[]",
  "[1]",
  "{}",
  "9007199254740992",
  "9223372036854775807",
  "9223372036854775808",
  "-9223372036854775809",
  "18446744073709551616",
];

const objectWith = (fields: string, field: string, value: string) => `{${fields}, "${field}": ${value}}`;

function integers(method: string, path: string, fields: string, ranges: [field: string, ...bad: string[]][]) {
  return ranges.flatMap(([field, ...bad]) =>
    [...NO_INTEGERS, ...bad].map((value): Refusal => [
      `${method} ${path}: ${field} ${value}`,
      method,
      path,
      objectWith(fields, field, value),
      400,
      new RegExp(`^${field}: must be an integer from -?\\d+ to \\d+, not `),
    ])
  );
}

function words(method: string, path: string, fields: string, field: string, pattern: RegExp, bad: string[]) {
  return bad.map((value): Refusal => [
    `${method} ${path}: ${field} ${value.slice(0, 40)}`,
    method,
    path,
    objectWith(fields, field, value),
    400,
    pattern,
  ]);
}

const NO_WORDS = [
  "1",
  "null",
  "true",
  "[]",
  "{}",
  '""',
  '"a\\nb"',
  '"\\u0001"',
  `"${"x".repeat(257)}"`,
];
const NO_OBJECTS = ['"{}"', "1", "true", "[]"];
/** Deeper than the database, or the stack, would take. */
const TOO_DEEP = ["[", '{"a":'].flatMap((open) =>
  [201, 1001, 100_000].map((depth) => `{"a": ${open.repeat(depth)}`)
);

Deno.test("POST /tasks names what is wrong, and makes nothing", async (t) => {
  await using harness = await boot();
  await create(harness);
  const task = '"project_id": 1, "task_type": "search"';
  const post = (name: string, body: unknown, message: string | RegExp): Refusal => [
    name,
    "POST",
    "",
    body,
    400,
    message,
  ];
  await assertRefusals(t, harness, [
    post("nothing", {}, "project_id: required; task_type: required"),
    post("an empty body", undefined, "project_id: required; task_type: required"),
    post("no task_type", { project_id: 1 }, "task_type: required"),
    post("no project_id", { task_type: "ocr" }, "project_id: required"),
    post("a list", [], /^body: /),
    post("null", "null", /^body: /),
    post("a number", "1", /^body: /),
    post("broken JSON", '{"project_id": 1', "the body is not valid JSON in UTF-8"),
    post(
      "an unknown type",
      { project_id: 1, task_type: "delete" },
      'task_type: must be one of search, dedup, crawl, ocr, index, keyword_expand, not "delete"',
    ),
    post("a misspelt field", { project_id: 1, task_type: "ocr", priorty: 1 }, "priorty: unknown field"),
    post(
      "a project that does not exist",
      { project_id: 7, task_type: "ocr" },
      /^project_id: must be a project that exists, not 7$/,
    ),
    post(
      "all of it",
      { project_id: 0, task_type: 1, x: 1 },
      /^project_id: .*; task_type: .*; x: unknown field$/,
    ),
    ...integers("POST", "", '"task_type": "ocr"', [["project_id", "0", "-1"]]),
    ...integers("POST", "", task, [
      ["total", "-1"],
      ["priority", "-1001", "1001"],
      ["max_attempts", "0", "-1", "101"],
    ]),
    ...words("POST", "", '"project_id": 1', "task_type", /^task_type: must be one of search, /, [
      ...NO_WORDS,
      '"SEARCH"',
    ]),
    ...words("POST", "", task, "idempotency_key", /^idempotency_key: must be 1 to 256 characters/, NO_WORDS),
    ...words("POST", "", task, "params", /^the body is nested deeper than \d+$/, TOO_DEEP),
    ...words("POST", "", task, "params", /^params: must be a JSON object/, [...NO_OBJECTS, "null"]),
    ...words("POST", "", task, "run_at", /^run_at: must be an ISO-8601 time/, [
      "1",
      "null",
      '""',
      '"tomorrow"',
      '"2025-13-01T00:00:00"',
      '"1969-12-31T00:00:00Z"',
      '"+010000-01-01T00:00:00Z"',
      '"+275760-09-13T00:00:00Z"',
      '"-271821-04-20T00:00:00Z"',
    ]),
    [
      "a body above 1 MiB",
      "POST",
      "",
      `{"project_id": 1, "x": "${"x".repeat(1 << 20)}"}`,
      413,
      /1048576 bytes/,
    ],
  ]);
});

Deno.test("POST /tasks/claim names what is wrong, and claims nothing", async (t) => {
  await using harness = await boot();
  await create(harness);
  const refused = (name: string, body: unknown, message: string | RegExp): Refusal => [
    name,
    "POST",
    "/claim",
    body,
    400,
    message,
  ];
  await assertRefusals(t, harness, [
    refused("a misspelt field", { task_type: ["ocr"] }, "task_type: unknown field"),
    refused("no types", { task_types: [] }, /^task_types: must name at least one task type/),
    refused("a word for a list", { task_types: "search" }, /^task_types: must be a list of task types/),
    refused("an unknown type", { task_types: ["search", "x"] }, /^task_types\.1: must be one of search, /),
    refused("a list", [], /^body: /),
    refused("broken JSON", "{", /JSON/),
    ...integers("POST", "/claim", '"worker": "w"', [["lease_seconds", "0", "-1", "86401"]]),
    ...words(
      "POST",
      "/claim",
      '"lease_seconds": 1',
      "worker",
      /^worker: must be 1 to 256 characters/,
      NO_WORDS,
    ),
  ]);
});

Deno.test("PATCH /tasks/{id} names what is wrong, and changes nothing", async (t) => {
  await using harness = await boot();
  const { id, lease_token } = await claimed(harness, { total: 10 });
  const path = `/${id}`;
  const patch = (name: string, body: Record<string, unknown>, message: string | RegExp): Refusal => [
    name,
    "PATCH",
    path,
    { lease_token, ...body },
    400,
    message,
  ];
  const token = `"lease_token": "${lease_token}"`;
  const completed = `${token}, "status": "completed"`;
  await assertRefusals(t, harness, [
    ["nothing", "PATCH", path, {}, 400, "lease_token: required"],
    ["no token", "PATCH", path, { progress: 1 }, 400, "lease_token: required"],
    patch("a misspelt field", { progres: 1 }, "progres: unknown field"),
    patch("a field of the claim", { lease_seconds: 1 }, "lease_seconds: unknown field"),
    patch("progress above the total", { progress: 11 }, "progress: must be at most the total, 10, not 11"),
    patch("both, above", { progress: 6, total: 5 }, "progress: must be at most the total, 5, not 6"),
    patch("cancelled", { status: "cancelled" }, 'status: must be one of completed, failed, not "cancelled"'),
    patch("running", { status: "running" }, /^status: must be one of completed, failed/),
    patch("a result on the way", { result: {} }, /^result: must only be given with status completed/),
    patch(
      "a failure's result",
      { status: "failed", result: {} },
      /^result: must only be given with status completed/,
    ),
    patch(
      "a success's error",
      { status: "completed", error_message: "" },
      /^error_message: must only be given with status failed/,
    ),
    patch(
      "an error on the way",
      { error_message: "x" },
      /^error_message: must only be given with status failed/,
    ),
    patch(
      "an error with NUL",
      { status: "failed", error_message: "a\0b" },
      /^error_message: must not hold U\+0000/,
    ),
    patch("an error that is none", { status: "failed", error_message: 1 }, /^error_message: /),
    patch("an error that is null", { status: "failed", error_message: null }, /^error_message: /),
    ...integers("PATCH", path, token, [["progress", "-1"], ["total", "-1"]]),
    ...words(
      "PATCH",
      path,
      '"progress": 1',
      "lease_token",
      /^lease_token: must be 1 to 256 characters/,
      NO_WORDS,
    ),
    ...words("PATCH", path, completed, "result", /^the body is nested deeper than \d+$/, TOO_DEEP),
    ...words("PATCH", path, completed, "result", /^result: must be a JSON object/, NO_OBJECTS),
  ]);
});

Deno.test("POST /tasks/{id}/cancel takes no body but an empty one", async (t) => {
  await using harness = await boot();
  await create(harness);
  const cancel = (body: unknown, message: RegExp): Refusal => [
    JSON.stringify(body),
    "POST",
    "/1/cancel",
    body,
    400,
    message,
  ];
  await assertRefusals(t, harness, [
    cancel({ force: true }, /^force: unknown field$/),
    cancel([], /^body: /),
    cancel("{", /JSON/),
    cancel("null", /^body: /),
  ]);
});
