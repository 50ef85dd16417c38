import assert from "node:assert/strict";
import { assignRequestId } from "../../http/request_id.ts";

Deno.test("assignRequestId takes the client's when it is sane, and makes a new one else", () => {
  const given = (id: string) => assignRequestId(new Headers({ "x-request-id": id }));
  for (const sane of ["a", "a.b_c:d-1", "x".repeat(128)]) assert.equal(given(sane), sane);
  const made = ["", "a b", "x".repeat(129), 'a"b', "a,b"].map(given);
  for (const id of [...made, assignRequestId(new Headers())]) {
    assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  }
  assert.equal(new Set(made).size, made.length);
});
