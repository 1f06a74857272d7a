// Aedes as its README starts it, in memory: node aedes-broker.js PORT tcp|tls|ws [CERTIFICATE KEY]
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Aedes } from "aedes";
import { createWebSocketStream, WebSocketServer } from "ws";

const [port, transport, cert, key] = process.argv.slice(2);
const aedes = await Aedes.createBroker();
const servers = {
  tcp: () => createServer({ noDelay: true }, aedes.handle),
  tls: () =>
    createTlsServer({ noDelay: true, cert: readFileSync(cert), key: readFileSync(key) }, aedes.handle),
  ws() {
    const server = createHttpServer({ noDelay: true });
    const handleProtocols = () => "mqtt";
    new WebSocketServer({ server, handleProtocols }).on("connection", (socket, request) => {
      aedes.handle(createWebSocketStream(socket), request);
    });
    return server;
  },
};
servers[transport]().listen(Number(port), "127.0.0.1");
