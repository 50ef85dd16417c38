import assert from "node:assert/strict";
import { csvLine } from "../../http/csv.ts";

Deno.test("csvLine quotes what RFC 4180 wants quoted, and ends the line", () => {
  assert.equal(
    csvLine(["a", 'say "no"', "x,y", "1\n2", null, -1, true, ""]),
    'a,"say ""no""","x,y","1\n2",,-1,true,\r\n',
  );
  assert.equal(csvLine(["李娜", " a ", "😀"]), "李娜, a ,😀\r\n");
});

Deno.test("csvLine neutralises every text that a spreadsheet takes for a formula, and no number", () => {
  for (const first of ["=", "+", "-", "@", "\t"]) assert.equal(csvLine([`${first}1+1`]), `'${first}1+1\r\n`);
  assert.equal(csvLine(["\r=1"]), '"\'\r=1"\r\n');
  assert.equal(csvLine(['=HYPERLINK("x","y")']), '"\'=HYPERLINK(""x"",""y"")"\r\n');
  assert.equal(csvLine([-4096, "a=1", "'=1"]), "-4096,a=1,'=1\r\n");
});
