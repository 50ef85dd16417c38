/**
 * HTTP on a kept connection with as little work of its own as possible: latencies of well under a millisecond would
 * otherwise be those of `fetch` and of parsing JSON.
 *
 * @module
 */

export interface Reader {
  /** One request; resolves when the last byte of the answer is here. @throws {Error} unless it is a 200 */
  read(): Promise<void>;
  close(): void;
}

export async function openReader(base: string, path: string): Promise<Reader> {
  const { host, exchange, close } = await openConnection(base);
  const request = new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
  return { read: async () => void await exchange(request), close };
}

export interface Caller {
  /** The answer's JSON. @throws {Error} unless it is a 200 */
  call(method: string, path: string, body: unknown): Promise<unknown>;
  close(): void;
}

export async function openCaller(base: string): Promise<Caller> {
  const { host, exchange, close } = await openConnection(base);
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();
  return {
    async call(method, path, body) {
      const text = JSON.stringify(body);
      const length = encoder.encode(text).byteLength;
      const head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: ${length}\r\n\r\n`;
      return JSON.parse(decoder.decode(await exchange(encoder.encode(head + text))));
    },
    close,
  };
}

const HEAD_END = [13, 10, 13, 10];

async function openConnection(base: string) {
  const { hostname, port, host } = new URL(base);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  connection.setNoDelay(true);
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(256 * 1024);
  /** Sends a request and returns the body of its answer, which the next one overwrites. */
  const exchange = async (request: Uint8Array): Promise<Uint8Array> => {
    await writeAll(connection, request);
    let have = 0;
    let [start, need] = [0, Infinity];
    while (have < need) {
      const count = await connection.read(buffer.subarray(have));
      if (count === null) throw new Error("the server closed the connection");
      have += count;
      if (need !== Infinity) continue;
      const end = headEnd(buffer.subarray(0, have));
      if (end < 0) continue;
      const head = decoder.decode(buffer.subarray(0, end)).toLowerCase();
      const length = /\r\ncontent-length: (\d+)/.exec(head);
      if (!head.startsWith("http/1.1 200 ") || length === null) {
        throw new Error(`unexpected answer:\n${head}`);
      }
      start = end;
      need = end + Number(length[1]);
    }
    return buffer.subarray(start, need);
  };
  return { host, exchange, close: () => connection.close() };
}

async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.byteLength;) sent += await connection.write(bytes.subarray(sent));
}

/** Where the body begins, or -1. */
function headEnd(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(13); at >= 0; at = bytes.indexOf(13, at + 1)) {
    if (HEAD_END.every((byte, i) => bytes[at + i] === byte)) return at + 4;
  }
  return -1;
}
