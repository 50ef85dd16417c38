import assert from "node:assert/strict";
import { formatLocalTime, formatOptionalTime, formatSize, parseLocalTime } from "../../domain/format.ts";

Deno.test("formatSize is base 1024 with one decimal, whole below 1024", () => {
  const mb = 1024 * 1024;
  const table: [number, string][] = [
    [0, "0 B"],
    [812, "812 B"],
    [1023, "1023 B"],
    [1024, "1.0 KB"],
    [1536, "1.5 KB"],
    [mb - 1, "1.0 MB"],
    [2.5 * mb, "2.5 MB"],
    [1023.94 * mb, "1023.9 MB"],
    [1024 * mb, "1.0 GB"],
    [1024 * 1024 * mb, "1.0 TB"],
    [Number.MAX_SAFE_INTEGER, "8.0 PB"],
  ];
  for (const [bytes, text] of table) assert.equal(formatSize(bytes), text);
});

Deno.test("formatLocalTime is local, without offset, with six digits when the fraction is not zero", () => {
  assert.equal(
    formatLocalTime(new Date(2025, 6, 2, 22, 57, 21, 317).getTime()),
    "2025-07-02T22:57:21.317000",
  );
  assert.equal(formatLocalTime(new Date(2025, 2, 12, 10, 0, 0, 0).getTime()), "2025-03-12T10:00:00");
  assert.equal(formatLocalTime(new Date(2025, 0, 1, 0, 0, 0, 7).getTime()), "2025-01-01T00:00:00.007000");
  assert.equal(formatOptionalTime(null), null);
});

Deno.test("formatLocalTime is what the date's own fields say, in every zone and across its changes", async () => {
  // The zone is the process's; other tests run in this one.
  const zones = ["UTC", "Asia/Shanghai", "America/St_Johns", "Australia/Lord_Howe", "Africa/Monrovia"];
  const script = new URL("_local_times.ts", import.meta.url).pathname;
  await Promise.all(zones.map(async (TZ) => {
    const args = ["run", "--no-prompt", "--cached-only", script];
    const { stdout } = await new Deno.Command(Deno.execPath(), { args, env: { TZ }, stderr: "inherit" })
      .output();
    assert.match(new TextDecoder().decode(stdout), /^\d{6} undefined\n$/, TZ);
  }));
});

Deno.test("parseLocalTime reads what formatLocalTime writes, dates, and times with an offset", () => {
  const at = new Date(2025, 6, 2, 22, 57, 21, 317).getTime();
  assert.equal(parseLocalTime(formatLocalTime(at)), at);
  assert.equal(parseLocalTime("2025-07-02"), new Date(2025, 6, 2).getTime());
  assert.equal(parseLocalTime("2025-07-02T10:00:00Z"), Date.UTC(2025, 6, 2, 10));
  assert.equal(parseLocalTime("2025-07-02T10:00:00+08:00"), Date.UTC(2025, 6, 2, 2));
  for (const text of ["", "yesterday", "2025-13-01", "1751468241", "2025-07-02T25:00:00"]) {
    assert.equal(parseLocalTime(text), undefined, text);
  }
});
