// The front door's web server: the page, the SDK beside it, and tokens for whoever lives here.
//
//   SIGNALWIRE_URL=https://example.signalwire.com SIGNALWIRE_PROJECT=… SIGNALWIRE_TOKEN=… npm start

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const SDK = dirname(fileURLToPath(import.meta.resolve("@signalwire/js")));
const FILES = {
  "/": [`${HERE}/public/index.html`, "text/html"],
  "/door.mjs": [`${HERE}/public/door.mjs`, "text/javascript"],
  "/sdk.mjs": [`${SDK}/browser.mjs`, "text/javascript"],
};

// signalwire: { url, project, token } of your space. Listen on the server that it returns.
export function makeApp(signalwire) {
  return createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    const [file, type] = FILES[pathname] ?? [];
    try {
      if (pathname === "/token") {
        const token = await tokenFor(signalwire, searchParams.get("flat"));
        response.setHeader("content-type", "application/json").end(JSON.stringify({ token }));
      } else if (file) {
        response.setHeader("content-type", `${type}; charset=utf-8`).end(await readFile(file));
      } else {
        response.writeHead(404).end();
      }
    } catch (error) {
      response.writeHead(500).end(error.message);
    }
  });
}

// (A real app asks who is there before it hands out a token.)
async function tokenFor({ url, project, token }, flat) {
  const reply = await fetch(`${url}/api/fabric/subscribers/tokens`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`${project}:${token}`)}`, "content-type": "application/json" },
    body: JSON.stringify({ reference: flat }),
  });
  if (!reply.ok) throw new Error(`SignalWire refused a token: ${reply.status}`);
  return (await reply.json()).token;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { SIGNALWIRE_URL: url, SIGNALWIRE_PROJECT: project, SIGNALWIRE_TOKEN: token } = process.env;
  makeApp({ url, project, token }).listen(8000, "localhost", () => console.log("http://localhost:8000"));
}
