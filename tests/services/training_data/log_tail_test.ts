import assert from "node:assert/strict";
import {
  type LogEntry,
  type LogPage,
  type LogPosition,
  tailLog,
} from "../../../services/training_data/log_tail.ts";
import { closeFile, openFile } from "../../../services/training_data/open_file.ts";
import { makeLinkFreeRoot, removeLinkFreeRoot } from "../../../services/training_data/link_free.ts";

interface Log extends Disposable {
  path: string;
  tail(request?: { limit?: number; levels?: string[]; before?: LogPosition }): LogPage;
  /** Page after page, oldest first in the end. */
  all(limit: number, levels?: string[]): LogEntry[];
}

function makeLog(content: string | Uint8Array<ArrayBuffer>): Log {
  const root = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "pipekeep_log_" }));
  for (const name of ["t", ".pipekeep-trash"]) Deno.mkdirSync(`${root}/${name}`);
  const path = `${root}/t/log`;
  Deno.writeFileSync(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
  const linkFree = makeLinkFreeRoot(root, Deno.lstatSync(root).dev);
  const log: Log = {
    path,
    tail({ limit = 100, levels, before } = {}) {
      const file = openFile(linkFree, "t", "log");
      try {
        return tailLog(file, { limit, levels, before });
      } finally {
        closeFile(file);
      }
    },
    all(limit, levels) {
      const entries: LogEntry[] = [];
      let before: LogPosition | undefined;
      do {
        const page = log.tail({ limit, levels, before });
        entries.push(...page.entries);
        before = page.next;
      } while (before !== undefined);
      return entries.reverse();
    },
    [Symbol.dispose]() {
      removeLinkFreeRoot(linkFree);
      Deno.removeSync(root, { recursive: true });
    },
  };
  return log;
}

const line = (i: number, level = "INFO", message = `步骤 ${i}`) =>
  `2025-07-02 22:${String(Math.floor(i / 60) % 60).padStart(2, "0")}:${String(i % 60).padStart(2, "0")} ` +
  `[${level}] pipeline.step: ${message}\n`;

Deno.test("tailLog gives entries newest first, with the lines that belong to them", () => {
  using log = makeLog(
    "started by hand\n" + line(1) + line(2, "ERROR", "failed: it's over") +
      "Traceback:\r\n  File x\n\nValueError: 1\n" +
      line(3, "warn"),
  );
  assert.deepEqual(log.tail(), {
    entries: [
      {
        time: "2025-07-02 22:00:03",
        level: "WARNING",
        logger: "pipeline.step",
        message: "步骤 3",
        isCut: false,
      },
      {
        time: "2025-07-02 22:00:02",
        level: "ERROR",
        logger: "pipeline.step",
        message: "failed: it's over\nTraceback:\n  File x\n\nValueError: 1",
        isCut: false,
      },
      {
        time: "2025-07-02 22:00:01",
        level: "INFO",
        logger: "pipeline.step",
        message: "步骤 1",
        isCut: false,
      },
      { time: null, level: null, logger: null, message: "started by hand", isCut: false },
    ],
    next: undefined,
  });
});

Deno.test("tailLog reads whatever a log may look like", () => {
  const table: [content: string, messages: string[]][] = [
    ["", []],
    ["\n", [""]],
    ["no end", ["no end"]],
    [line(1).trimEnd(), ["步骤 1"]],
    [line(1) + "\n\n", ["步骤 1"]],
    ["\ufeff" + line(1), ["步骤 1"]],
    ["2025-07-02 22:00:01,123 [INFO] a: b\n", ["b"]],
    ["2025-07-02 22:00:01 [INFO] no logger\n", ["no logger"]],
    ["2025-07-02 22:00:01 [INFO] a: b: c\n", ["b: c"]],
    ["2025-07-02 22:00:01 [INFO] a:\n", [""]],
    ["2025-07-02 22:00:01 INFO a: b\n", ["2025-07-02 22:00:01 INFO a: b"]],
    ["x 2025-07-02 22:00:01 [INFO] a: b\n", ["x 2025-07-02 22:00:01 [INFO] a: b"]],
  ];
  for (const [content, messages] of table) {
    using log = makeLog(content);
    assert.deepEqual(log.all(100).map(({ message }) => message), messages, JSON.stringify(content));
  }
});

Deno.test("tailLog gives every entry once, whatever the page and wherever the blocks part", () => {
  const entries = Array.from(
    { length: 9000 },
    (_, i) => [line(i), `  more of ${i}`.repeat(i % 90 === 0 ? 90 : 1)],
  );
  using log = makeLog(entries.map(([head, more]) => `${head}${more}\n`).join(""));
  const expected = entries.map(([, more], i) => `步骤 ${i}\n${more}`);
  assert.ok(Deno.statSync(log.path).size > 2 * 256 * 1024);
  for (const limit of [1000, 9000, 777]) {
    assert.deepEqual(log.all(limit).map(({ message }) => message), expected);
  }
  const { entries: last, next } = log.tail({ limit: 1 });
  assert.equal(last[0]!.message, expected.at(-1));
  // What is written meanwhile comes before, and moves nothing.
  Deno.writeTextFileSync(log.path, line(9001), { append: true });
  assert.equal(log.tail({ limit: 1, before: next }).entries[0]!.message, expected.at(-2));
});

Deno.test("tailLog finds a line that begins where a block does", () => {
  const block = 256 * 1024;
  for (const shift of [-1, 0, 1, 30]) {
    const tail = line(2, "ERROR");
    const fill = block - new TextEncoder().encode(tail).length + shift;
    const middle = line(1, "ERROR", "x");
    using log = makeLog(line(0) + middle + "y".repeat(fill - 1) + "\n" + tail);
    assert.deepEqual(log.all(10).map(({ message }) => message.slice(0, 5)), ["步骤 0", "x\nyyy", "步骤 2"]);
    assert.equal(log.all(10, ["ERROR"]).length, 2);
  }
});

Deno.test("tailLog filters by level, and other names of the same level count", () => {
  const levels = ["DEBUG", "INFO", "WARN", "WARNING", "ERROR", "FATAL", "CRITICAL", "odd"];
  using log = makeLog("before\n" + levels.map((level, i) => line(i, level)).join(""));
  const found = (...wanted: string[]) => log.all(2, wanted).map(({ message }) => Number(message.slice(3)));
  assert.deepEqual(found("WARNING"), [2, 3]);
  assert.deepEqual(found("CRITICAL", "ERROR"), [4, 5, 6]);
  assert.deepEqual(found("TRACE"), []);
  assert.equal(log.all(2).length, 9);
});

Deno.test("tailLog reads UTF-8, GBK and what is neither, also where an entry is cut", () => {
  const gbk = new Uint8Array([0xd6, 0xd0, 0xce, 0xc4, 0x0a]);
  const broken = new Uint8Array([0xff, 0xff, 0x41, 0x0a]);
  const ascii = (text: string) => new TextEncoder().encode(text);
  const head = ascii("2025-07-02 22:00:01 [INFO] a: ");
  const parts = [head, gbk, head, broken, head, ascii("中".repeat(30_000) + "\n")];
  using log = makeLog(new Uint8Array(parts.flatMap((part) => [...part])));
  const [first, second, third] = log.all(10);
  assert.equal(first!.message, "中文");
  assert.match(second!.message, /A$/);
  assert.ok(third!.isCut);
  assert.match(third!.message, /^中{21000,}$/);
});

Deno.test("tailLog takes neither memory nor time for a log of 10 GB that is one line", () => {
  using log = makeLog(line(1, "ERROR", "old"));
  Deno.truncateSync(log.path, 10 * 2 ** 30);
  using file = Deno.openSync(log.path, { append: true });
  file.writeSync(new TextEncoder().encode("\n" + line(2) + line(3)));
  // Of this thread alone: other tests run beside it.
  const memory = () => Deno.memoryUsage().heapTotal + Deno.memoryUsage().external;
  const before = memory();
  const started = performance.now();
  const page = log.tail({ limit: 2 });
  assert.deepEqual(page.entries.map(({ message }) => message), ["步骤 3", "步骤 2"]);
  let { next } = page;
  for (let i = 0; i < 10; i++) {
    const { entries, next: further }: LogPage = log.tail({ limit: 10, before: next });
    assert.equal(entries.length, 0);
    assert.ok(further!.isCut && further!.offset < next!.offset, "it comes on");
    next = further;
  }
  assert.ok(performance.now() - started < 20_000);
  assert.ok(memory() - before < 32 * 2 ** 20);
  // From the beginning: what was cut says so.
  const [entry] = log.tail({ before: { offset: 1000, isCut: true } }).entries;
  assert.deepEqual([entry!.isCut, entry!.message.slice(0, 3), entry!.message.length], [true, "old", 957]);
});

Deno.test("tailLog bounds an answer, and goes on with the rest", () => {
  using log = makeLog(
    Array.from({ length: 200 }, (_, i) => line(i, "INFO", `${i} ` + "x".repeat(100_000))).join(""),
  );
  const { entries, next } = log.tail({ limit: 1000 });
  assert.ok(entries.length > 50 && entries.length < 70 && next !== undefined);
  assert.ok(entries.every(({ isCut, message }) => isCut && message.length < 65_536));
  assert.deepEqual(
    log.all(1000).map(({ message }) => parseInt(message)),
    Array.from({ length: 200 }, (_, i) => i),
  );
});

Deno.test("tailLog takes a position behind a log that was begun anew for its end", () => {
  using log = makeLog(line(1));
  const { entries, next } = log.tail({ before: { offset: 1_000_000, isCut: true } });
  assert.deepEqual(entries.map(({ message, isCut }) => [message, isCut]), [["步骤 1", false]]);
  assert.equal(next, undefined);
});

Deno.test("tailLog takes no longer for an entry of empty lines than for another", () => {
  const timeOf = (filler: string) => {
    using log = makeLog((line(1) + filler.repeat(30_000) + "x\n").repeat(4));
    const began = performance.now();
    assert.equal(log.tail().entries.length, 4);
    return performance.now() - began;
  };
  const others = Math.max(timeOf("a\n"), 1);
  const empty = timeOf("\n\n");
  assert.ok(empty < 50 * others + 200, `${empty} ms, not ${others} ms`);
});
