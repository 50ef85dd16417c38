/** HTTP/1.1 by hand: for paths and methods that `fetch` would tidy up before they reach the server. */

export interface RawAnswer {
  status: number;
  headers: Headers;
  text: string;
}

/** Sends one request as it stands and reads until the server closes. */
export async function rawRequest(
  url: string,
  method: string,
  target: string,
  body = "",
  headers: Record<string, string> = {},
): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const bytes = new TextEncoder().encode(body);
  const lines = Object.entries({
    host,
    connection: "close",
    "content-length": String(bytes.length),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = new TextEncoder().encode(`${method} ${target} HTTP/1.1\r\n${lines.join("")}\r\n`);
  const writer = connection.writable.getWriter();
  await writer.write(new Uint8Array([...head, ...bytes]));
  writer.releaseLock();
  const answer = await new Response(connection.readable).text();
  const end = answer.indexOf("\r\n\r\n");
  const [first = "", ...rest] = answer.slice(0, end).split("\r\n");
  return {
    status: Number(first.split(" ")[1]),
    headers: new Headers(rest.map((line): [string, string] => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    })),
    text: answer.slice(end + 4),
  };
}
