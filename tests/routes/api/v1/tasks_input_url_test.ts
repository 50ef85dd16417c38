/** Bad paths and queries of every /api/v1/tasks route: 400 that names the field, and no row is another. */
import { boot } from "../../../_harness.ts";
import { assertRefusals, claimed, create, type Refusal } from "../../../_support/background.ts";

/** As they stand in a path or a query: what is no integer in digits. */
const NO_DIGITS = [
  "abc",
  "1e3",
  "%2B1",
  "%201",
  "1%20",
  "-1",
  "1.0",
  "0x10",
  "1_000",
  "%EF%BC%91",
  "null",
  "1%00",
];
const TOO_LARGE = ["9007199254740992", "9223372036854775808", "18446744073709551616", "9".repeat(400)];

Deno.test("GET /tasks names what is wrong in the query", async (t) => {
  await using harness = await boot();
  await create(harness);
  const get = (
    query: string,
    message: string | RegExp,
  ): Refusal => [query.slice(0, 60), "GET", query, undefined, 400, message];
  await assertRefusals(t, harness, [
    get("?status=done", 'status: must be one of pending, running, completed, failed, cancelled, not "done"'),
    get("?status=", /^status: must be one of pending, /),
    get("?status=Running", /^status: must be one of pending, /),
    get("?status=running&status=running", "status: given more than once"),
    get("?project_id=1&project_id=2", "project_id: given more than once"),
    get("?limit=5&limit=5", "limit: given more than once"),
    get("?staus=running", "staus: unknown field"),
    get("?task_type=ocr", "task_type: unknown field"),
    get("?limit=0", 'limit: must be an integer of 1 or more in digits, not "0"'),
    get("?page=0", /^page: must be an integer from 1 to /),
    get("?page_size=0", /^page_size: must be an integer of 1 or more/),
    get("?page=1&page_size=5&limit=5", /^limit: must not be given beside page_size/),
    ...["project_id", "limit", "page", "page_size"].flatMap((name) =>
      [...NO_DIGITS, ""].map((value) => get(`?${name}=${value}`, new RegExp(`^${name}: must be an integer `)))
    ),
    ...["project_id", "page"].flatMap((name) =>
      TOO_LARGE.map((value) => get(`?${name}=${value}`, new RegExp(`^${name}: must be an integer from `)))
    ),
  ]);
});

Deno.test("an id that is no integer, or no task's, is refused on every route", async (t) => {
  await using harness = await boot();
  const { lease_token } = await claimed(harness);
  const routes: [method: string, suffix: string, body?: unknown][] = [
    ["GET", ""],
    ["PATCH", "", { lease_token, progress: 1 }],
    ["POST", "/cancel"],
    ["GET", "/events"],
  ];
  await assertRefusals(
    t,
    harness,
    routes.flatMap(([method, suffix, body]) => [
      ...[...NO_DIGITS, ...TOO_LARGE, "0", "00"].map((id): Refusal => [
        `${method} /${id.slice(0, 30)}${suffix}`,
        method,
        `/${id}${suffix}`,
        body,
        400,
        /^id: must be an integer from 1 to 9007199254740991 in digits, not "/,
      ]),
      ...["2", "9007199254740991"].map((id): Refusal => [
        `${method} /${id}${suffix}`,
        method,
        `/${id}${suffix}`,
        body,
        404,
        "Task not found",
      ]),
    ]),
  );
});
