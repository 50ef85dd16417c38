import assert from "node:assert/strict";
import { attachment } from "../../http/content_disposition.ts";

Deno.test("attachment writes the name as ASCII and exactly, whatever is in it", () => {
  const table: [name: string, plain: string, exact: string][] = [
    ["a.txt", "a.txt", "a.txt"],
    ["a b.txt", "a b.txt", "a%20b.txt"],
    ["表结构.ddl", "___.ddl", "%E8%A1%A8%E7%BB%93%E6%9E%84.ddl"],
    ["😀.txt", "_.txt", "%F0%9F%98%80.txt"],
    ['a"b\\c.txt', "a_b_c.txt", "a%22b%5Cc.txt"],
    ["a\r\nx-evil: 1", "a__x-evil: 1", "a%0D%0Ax-evil%3A%201"],
    ["it's (1)*!.txt", "it's (1)*!.txt", "it%27s%20%281%29%2A%21.txt"],
    ["100%.txt", "100_.txt", "100%25.txt"],
  ];
  for (const [name, plain, exact] of table) {
    assert.equal(attachment(name), `attachment; filename="${plain}"; filename*=UTF-8''${exact}`);
    // A header takes no more than this.
    assert.match(attachment(name), /^[ -~]+$/);
  }
});
