import { randomBytes } from "node:crypto";

const END_OF_HEAD = "\r\n\r\n";
const BINARY = 0x82;
const LONGEST_HEADER = 10;

/** A WebSocket client cheap enough for a load generator: a frame per write, masked with zeros. */
export function openWebSocket(socket, take) {
  const reader = new WebSocketReader(take, () => opened());
  const waiting = [];
  let isOpen = false;
  const write = (bytes) => {
    if (!isOpen) return void waiting.push(bytes);
    socket.cork();
    socket.write(headerOf(bytes.length));
    socket.write(bytes);
    socket.uncork();
  };
  const opened = () => {
    isOpen = true;
    for (const bytes of waiting) write(bytes);
  };
  const end = (bytes) => {
    write(bytes);
    socket.end();
  };
  socket.write(
    "GET /mqtt HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n` +
      `Sec-WebSocket-Protocol: mqtt${END_OF_HEAD}`,
  );
  const destroy = () => socket.destroy();
  return { write, end, destroy, push: (bytes, count) => reader.push(bytes, count) };
}

function headerOf(length) {
  if (length < 126) return Buffer.from([BINARY, 0x80 | length, 0, 0, 0, 0]);
  if (length < 65_536) return Buffer.from([BINARY, 0xfe, length >> 8, length & 0xff, 0, 0, 0, 0]);
  const header = Buffer.alloc(14);
  header.set([BINARY, 0xff]);
  header.writeUInt32BE(length, 6);
  return header;
}

/** Takes the frames' headers out of what the server sends. */
class WebSocketReader {
  #take;
  #opened;
  #head = "";
  #isOpen = false;
  #header = Buffer.alloc(LONGEST_HEADER);
  #headerBytes = 0;
  #rest = 0;

  constructor(take, opened) {
    this.#take = take;
    this.#opened = opened;
  }

  push(bytes, count) {
    let at = this.#isOpen ? 0 : this.#readHead(bytes, count);
    while (at < count) {
      if (this.#rest === 0) {
        at = this.#readHeader(bytes, at);
      } else {
        const end = Math.min(count, at + this.#rest);
        this.#rest -= end - at;
        this.#take(bytes.subarray(at, end), end - at);
        at = end;
      }
    }
  }

  #readHead(bytes, count) {
    const before = this.#head.length;
    this.#head += bytes.latin1Slice(0, count);
    const end = this.#head.indexOf(END_OF_HEAD);
    if (end < 0) return count;
    if (!this.#head.startsWith("HTTP/1.1 101")) throw new Error(this.#head.slice(0, 100));
    this.#isOpen = true;
    this.#opened();
    return end + END_OF_HEAD.length - before;
  }

  /** One byte at a time: a header may lie across two reads. */
  #readHeader(bytes, at) {
    this.#header[this.#headerBytes++] = bytes[at];
    const short = this.#header[1];
    const size = this.#headerBytes < 2 || short < 126 ? 2 : short === 126 ? 4 : 10;
    if (this.#headerBytes === size) {
      this.#rest = size === 2 ? short : this.#header.readUIntBE(size === 4 ? 2 : 4, size === 4 ? 2 : 6);
      this.#headerBytes = 0;
    }
    return at + 1;
  }
}
