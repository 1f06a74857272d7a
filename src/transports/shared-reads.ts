import { type ConnectOpts, Socket, type SocketConstructorOpts } from "node:net";

/** What one read can bring: as much as Node's own. */
const READ_BYTES = 64 * 1024;
/** Reads up to this size are put one behind the other; larger ones get memory of their own. */
const SMALL_BYTES = 4 * 1024;
const SLAB_BYTES = 64 * 1024;

/** Not in Node's documentation, and the same since its first versions. Without it a socket stays as it is. */
type AcceptedSocket = Socket & { _handle?: object | null };
type HandleOpts = SocketConstructorOpts &
  ConnectOpts & { handle: object; pauseOnCreate: boolean; writableHighWaterMark: number };

/** The kernel writes here, one socket at a time: what came is copied before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(READ_BYTES);
let slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
let slabUsed = 0;

/**
 * The same connection, paused as `accepted` is, read into one buffer by all such sockets. Node gives each read of an
 * accepted socket 64 KiB of its own, shrinks them to what came and leaves them to the collector: with one message per
 * read that is 20,000 and more a second, and most of what a collection takes. `onread`, which reads into a buffer that
 * is there, is for sockets that are constructed: so one is, around the handle of the accepted one, which its server
 * counts as closed from then on.
 */
export function sharingReads(accepted: Socket): Socket {
  const from = accepted as AcceptedSocket;
  const handle = from._handle;
  if (!handle) return accepted;
  const options: HandleOpts = {
    handle,
    pauseOnCreate: true,
    writableHighWaterMark: accepted.writableHighWaterMark,
    onread: { buffer: readBuffer, callback: onRead },
  };
  const socket = new Socket(options);
  from._handle = null;
  accepted.destroy();
  return socket;
}

/** hot: once per read. */
function onRead(this: unknown, bytes: number): boolean {
  (this as Socket).emit("data", copyOfRead(bytes));
  return true; // who wants no more has called pause
}

function copyOfRead(bytes: number): Buffer {
  if (bytes > SMALL_BYTES) {
    const chunk = Buffer.allocUnsafeSlow(bytes);
    readBuffer.copy(chunk, 0, 0, bytes);
    return chunk;
  }
  if (slabUsed + bytes > SLAB_BYTES) {
    slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
    slabUsed = 0;
  }
  readBuffer.copy(slab, slabUsed, 0, bytes);
  slabUsed += bytes;
  return slab.subarray(slabUsed - bytes, slabUsed);
}
