import { readFileSync } from "node:fs";
import { connect as dialTcp } from "node:net";
import { connect as dialTls } from "node:tls";
import { openWebSocket } from "./websocket.js";

/** One for all sockets: a read is used up before the next one begins. */
const readBuffer = Buffer.allocUnsafe(65_536);

/**
 * What a peer needs of a connection.
 * @typedef {object} Stream
 * @property {(bytes: Buffer) => void} write
 * @property {(bytes: Buffer) => void} end
 * @property {() => void} destroy
 */

/**
 * @typedef {object} Target
 * @property {number} port
 * @property {"tcp" | "tls" | "ws"} transport
 * @property {string} [certificate] The file a TLS client trusts.
 */

/** @param {Target} target @param {(bytes: Buffer, count: number) => void} take @param {() => void} closed @returns {Stream} */
export function openStream(target, take, closed) {
  if (target.transport === "tls") return watch(openTls(target, take), closed);
  const callback = (count, bytes) => {
    receive(bytes, count);
    return true;
  };
  const onread = { buffer: readBuffer, callback };
  const socket = watch(dialTcp({ port: target.port, host: "127.0.0.1", noDelay: true, onread }), closed);
  const webSocket = target.transport === "ws" ? openWebSocket(socket, take) : undefined;
  const receive = webSocket === undefined ? take : (bytes, count) => webSocket.push(bytes, count);
  return webSocket ?? socket;
}

function openTls({ port, certificate }, take) {
  const ca = readFileSync(certificate);
  const socket = dialTls({ port, host: "127.0.0.1", servername: "localhost", ca });
  socket.setNoDelay(true);
  return socket.on("data", (bytes) => take(bytes, bytes.length));
}

function watch(socket, closed) {
  return socket.on("error", () => {}).on("close", closed); // "close" follows each error
}
