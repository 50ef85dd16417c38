/** What the page at /docs is made of: swagger-ui, embedded, and read only when somebody opens the page. */
import type { RawReply } from "../../http/endpoint.ts";

interface Asset {
  type: string;
  load: () => Promise<string>;
}

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pipekeep API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<div id="docs"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;

const START =
  `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#docs", deepLinking: true, validatorUrl: null });\n`;

const ASSETS: Record<string, Asset> = {
  "swagger-ui.css": {
    type: "text/css; charset=utf-8",
    load: async () => (await import("swagger-ui-dist/swagger-ui.css", { with: { type: "text" } })).default,
  },
  "swagger-ui-bundle.js": {
    type: "text/javascript; charset=utf-8",
    load: async () =>
      (await import("swagger-ui-dist/swagger-ui-bundle.js", { with: { type: "text" } })).default,
  },
  "start.js": { type: "text/javascript; charset=utf-8", load: () => Promise.resolve(START) },
};

/** The names below /docs. */
export const ASSET_NAMES = Object.keys(ASSETS) as [string, ...string[]];

/** Everything comes from here: nothing inline, nothing of another host. The style sheet has images of its own in it. */
const POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; " +
  "frame-ancestors 'none'; object-src 'none'";

/** The page itself. */
export function pageReply(): RawReply {
  return reply("text/html; charset=utf-8", PAGE);
}

/** @param name one of {@linkcode ASSET_NAMES} */
export async function assetReply(name: string): Promise<RawReply> {
  const { type, load } = ASSETS[name]!;
  return reply(type, await load());
}

function reply(type: string, body: string): RawReply {
  return {
    headers: {
      "content-type": type,
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
    },
    body,
  };
}
