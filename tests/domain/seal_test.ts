import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { canonicalForm, faultOf, GENESIS, hashOf, sealed } from "../../domain/seal.ts";

Deno.test("canonicalForm has the columns by name, without those that are null, the volume and the hash", () => {
  const row = {
    who: '它\'s "1"\\\n\u007f\u2028😀',
    b: null,
    a: -1,
    hash: "h",
    volume_id: "v",
    B: 2 ** 53 - 1,
  };
  const text = '{"B":9007199254740991,"a":-1,"who":"它\'s \\"1\\"\\\\\\n\u007f\u2028😀"}';
  assert.equal(canonicalForm(row), text);
  assert.equal(hashOf(row), createHash("sha256").update(text, "utf8").digest("hex"));
});

Deno.test("sealed makes each row follow on the one before, and faultOf says where one does not", () => {
  const [a, b] = sealed([{ id: "a" }, { id: "b" }], { sequence: 0, hash: GENESIS });
  const [c] = sealed([{ id: "c" }], b!);
  assert.deepEqual([a!.sequence, b!.sequence, c!.sequence], [1, 2, 3]);
  assert.equal(a!.previous_hash, GENESIS);
  assert.equal(c!.previous_hash, b!.hash);
  assert.equal(faultOf(a!, { sequence: 0, hash: GENESIS }), undefined);
  assert.equal(faultOf(b!, a!), undefined);
  assert.match(faultOf(c!, a!)!, /says 3 where 2 follows/);
  assert.match(faultOf({ ...b!, previous_hash: GENESIS }, a!)!, /previous_hash/);
  assert.match(faultOf(Object.assign({}, b, { id: "x" }), a!)!, /content/);
});
