import assert from "node:assert/strict";
import { Authenticator } from "../../http/authenticate.ts";
import { ApiKeys } from "../../services/access/api_keys.ts";
import { openTemporary } from "../_support/database.ts";

const WRONG = `pk_${"0".repeat(12)}_${"0".repeat(48)}`;

Deno.test("Authenticator.authenticate names the key, or the address where none is wanted", async () => {
  await using file = await openTemporary();
  const keys = new ApiKeys({ database: file.database, clock: Date.now });
  const open = new Authenticator({ keys, clock: Date.now }, { open_without_keys: true });
  const closed = new Authenticator({ keys, clock: Date.now }, { open_without_keys: false });
  const none = new Headers();
  const bearer = (key: string) => new Headers({ authorization: `bearer ${key} ` });
  const unauthorized = { code: "unauthorized" };

  assert.equal(await open.authenticate(none, "::1", { access: "write" }), "::1");
  assert.equal(await open.authenticate(bearer(WRONG), "::1", { access: "write" }), "::1");
  assert.equal(await closed.authenticate(none, "::1", { access: "open" }), "::1");
  await assert.rejects(open.authenticate(none, "::1", { access: "read", always_keyed: true }), unauthorized);
  await assert.rejects(closed.authenticate(none, "::1", { access: "read" }), unauthorized);

  const { api_key } = await keys.create("reader", "read");
  assert.equal(await open.authenticate(bearer(api_key), "::1", { access: "read" }), "reader");
  await assert.rejects(open.authenticate(bearer(api_key), "::1", { access: "write" }), {
    code: "role_too_low",
  });
  await assert.rejects(open.authenticate(none, "::1", { access: "read" }), unauthorized);
  await assert.rejects(
    open.authenticate(new Headers({ authorization: `Basic ${api_key}` }), "::1", { access: "read" }),
    unauthorized,
  );
});

Deno.test("Authenticator.authenticate makes an address wait that showed 60 wrong keys, not one with a right key", async () => {
  await using file = await openTemporary();
  const keys = new ApiKeys({ database: file.database, clock: Date.now });
  const authenticator = new Authenticator({ keys, clock: () => 0 }, { open_without_keys: false });
  const { api_key } = await keys.create("reader", "read");
  const ask = (key: string, address: string) =>
    authenticator.authenticate(new Headers({ authorization: `Bearer ${key}` }), address, { access: "read" });
  for (let i = 0; i < 60; i++) await assert.rejects(ask(WRONG, "::1"), { code: "unauthorized" });
  await assert.rejects(ask(WRONG, "::1"), { code: "too_many_failures", details: { retry_after: 1 } });
  assert.equal(await ask(api_key, "::1"), "reader");
  await assert.rejects(ask(WRONG, "::2"), { code: "unauthorized" });
});
