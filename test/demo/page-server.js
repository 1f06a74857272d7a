import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { bridgeFigures } from "./bridge-figures.js";
import { BrokerFailure } from "./broker.js";

const PAGE = new URL("./page/", import.meta.url);
const FILES = new Map([
  ["/", new URL("index.html", PAGE)],
  ["/mqtt.min.js", new URL("../../node_modules/mqtt/dist/mqtt.min.js", import.meta.url)],
  ...[
    "style.css",
    "app.js",
    "readings.js",
    "city-chart.js",
    "city-rows.js",
    "figures.js",
    "svg.js",
    "icon.svg",
  ].map((name) => [`/${name}`, new URL(name, PAGE)]),
]);
const TYPES = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml" };
const HEADERS = {
  "cache-control": "no-cache",
  // MQTT.js keeps its timers in a worker made from a blob: they go on while the page is in the background.
  "content-security-policy":
    "default-src 'self'; connect-src 'self' ws:; worker-src blob:; object-src 'none'",
  "x-content-type-options": "nosniff",
};
const DEFAULT_PORT = 8080;

/** Serves the page, MQTT.js for it, and where to find the broker; no sensor value passes through here. */
export async function startPageServer({ options, broker, bridges, say }) {
  const [, websocketPort, path] = /:(\d+)(\/.*)$/.exec(broker.addresses.ws);
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      response.writeHead(500, { "content-type": "text/plain" }).end(error.message);
    });
  });
  await listen(server, options.pagePort, say);

  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };

  async function answer(request, response) {
    const { pathname } = new URL(request.url, "http://demo");
    if (pathname === "/status.json") {
      const figures = await bridgeFigures(bridges, broker.addresses.admin);
      const status = {
        websocketPort: Number(websocketPort),
        path,
        restarts: broker.restarts,
        bridges: figures,
      };
      send(response, "application/json", JSON.stringify(status));
      return;
    }
    const file = FILES.get(pathname);
    if (file === undefined) response.writeHead(404, { "content-type": "text/plain" }).end("not found");
    else send(response, `${TYPES[extname(file.pathname)]}; charset=utf-8`, await readFile(file));
  }
}

function send(response, type, body) {
  response.writeHead(200, { ...HEADERS, "content-type": type }).end(body);
}

/** On the port that was asked for; else on 8080, or on a free one when that is taken. */
async function listen(server, port, say) {
  try {
    await tryListen(server, port ?? DEFAULT_PORT);
  } catch (error) {
    if (error.code !== "EADDRINUSE") throw error;
    if (port !== undefined) {
      const how = "choose another one with --page-port or DEMO_PAGE_PORT";
      throw new BrokerFailure(`127.0.0.1:${port} is taken by another process; ${how}`, 69);
    }
    await tryListen(server, 0);
    say(
      `page: port ${DEFAULT_PORT} is taken, ${server.address().port} was free; --page-port chooses another`,
    );
  }
}

async function tryListen(server, port) {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
}
