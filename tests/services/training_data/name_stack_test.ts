import assert from "node:assert/strict";
import { nameAt, terminated } from "../../../services/training_data/byte_path.ts";
import { NameStack } from "../../../services/training_data/name_stack.ts";

Deno.test("NameStack gives back what was pushed last, as it was, however much that is", () => {
  const stack = new NameStack();
  const names = Array.from({ length: 1000 }, (_, i) => `${i}_${"\xff".repeat(i % 255)}`);
  for (const name of names) stack.push(terminated(name));
  for (const name of names.slice(500).toReversed()) assert.equal(nameAt(stack.pop()!, 0), name);
  stack.push(terminated("new"));
  assert.equal(nameAt(stack.pop()!, 0), "new");
  for (const name of names.slice(0, 500).toReversed()) assert.equal(nameAt(stack.pop()!, 0), name);
  assert.equal(stack.pop(), undefined);
});

Deno.test("NameStack takes a name to its NUL, and gives a copy with it", () => {
  const stack = new NameStack();
  const view = new Uint8Array([97, 0, 98, 0]);
  stack.push(view);
  view.fill(1);
  assert.deepEqual([...stack.pop()!], [97, 0]);
});
