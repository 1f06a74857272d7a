import type { Arrival } from "./arrival.ts";
import { parseProxyHeader } from "./proxy-protocol.ts";

/** Takes the PROXY header off a paused socket and leaves it paused, with what follows the header still to be read. */
export function readProxyHeader(arrival: Arrival, onRead: () => void): void {
  const { socket } = arrival;
  let gathered: Buffer = Buffer.alloc(0); // at most one chunk more than the longest header

  const onData = (chunk: Buffer): void => {
    gathered = gathered.length === 0 ? chunk : Buffer.concat([gathered, chunk]);
    const header = parseProxyHeader(gathered);
    if (header.kind === "incomplete") return;
    socket.off("data", onData);
    socket.pause();
    if (header.kind === "invalid") {
      arrival.refuse(`a PROXY header is required from this address: ${header.reason}`);
      return;
    }
    arrival.announced(header.source);
    if (gathered.length > header.length) socket.unshift(gathered.subarray(header.length));
    onRead();
  };

  socket.on("data", onData);
  socket.resume();
}
