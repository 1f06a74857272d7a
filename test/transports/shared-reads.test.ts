import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import fc from "fast-check";
import { expect, it, onTestFinished } from "vitest";
import { sharingReads } from "../../src/transports/shared-reads.ts";

it("puts what several sockets read into memory they share, each its own part of it", async () => {
  const [first, second] = [await aConnection(), await aConnection()];
  const [one, two] = [await oneChunk(first, "from the first"), await oneChunk(second, "from the second")];
  const three = await oneChunk(first, "and again");

  expect(new Set([one.buffer, two.buffer, three.buffer]).size).toBe(1);
  expect([one, two, three].map(String)).toEqual(["from the first", "from the second", "and again"]);
});

it("hands over what came, whatever its size and whoever else sends, and never writes to it again", async () => {
  const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 200_000 })), {
    minLength: 1,
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(sizes, { minLength: 1, maxLength: 4 }), async (senders) => {
      const connections = await Promise.all(senders.map(() => aConnection()));
      const sent = connections.map((connection, sender) => send(connection, senders[sender] ?? [], sender));
      const received = await Promise.all(connections.map(({ accepted }) => everything(accepted)));

      for (const [sender, bytes] of received.entries())
        expect(bytes.equals(sent[sender] as Buffer)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

it("hands over nothing while it is paused, and everything once it is resumed", async () => {
  const { accepted, client } = await aConnection();
  const chunks: Buffer[] = [];
  let whilePaused = 0;
  accepted.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    if (accepted.isPaused()) whilePaused++;
    accepted.pause();
    setImmediate(() => accepted.resume());
  });
  accepted.resume();

  client.end(Buffer.alloc(1_000_000, 7));
  await once(accepted, "end");

  expect(Buffer.concat(chunks).equals(Buffer.alloc(1_000_000, 7))).toBe(true);
  expect(chunks.length).toBeGreaterThan(10);
  expect(whilePaused).toBe(0);
});

it("leaves bytes that are put back to who reads next, before those that come", async () => {
  const { accepted, client } = await aConnection();
  client.write("header|rest");
  accepted.resume();
  const [first] = (await once(accepted, "data")) as [Buffer];
  accepted.pause();
  accepted.unshift(first.subarray(7));
  client.end(" and more");

  expect(String(await everything(accepted))).toBe("rest and more");
});

it("tells of a connection that is reset", async () => {
  const { accepted, client } = await aConnection();
  const failures: unknown[] = [];
  accepted.on("error", (error) => failures.push(error));
  const closed = new Promise((resolve) => accepted.on("close", resolve));
  accepted.resume();

  client.resetAndDestroy();

  expect(await closed).toBe(true); // hadError
  expect(failures).toMatchObject([{ code: "ECONNRESET" }]);
});

interface Connection {
  /** The accepted end, paused. */
  readonly accepted: Socket;
  readonly client: Socket;
}

async function aConnection(): Promise<Connection> {
  const server = createServer({ pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [socket] = (await once(server, "connection")) as [Socket];
  const accepted = sharingReads(socket);
  onTestFinished(() => {
    client.destroy();
    accepted.destroy();
    server.close();
  });
  return { accepted, client };
}

async function oneChunk({ accepted, client }: Connection, text: string): Promise<Buffer> {
  const arrived = once(accepted, "data");
  accepted.resume();
  client.write(text);
  const [chunk] = (await arrived) as [Buffer];
  return chunk;
}

/** Writes so many bytes at a time, then ends; no two senders send the same. */
function send({ client }: Connection, sizes: readonly number[], sender: number): Buffer {
  const parts = sizes.map((size, i) => Buffer.alloc(size, `${sender}.${i}|`));
  for (const part of parts) client.write(part);
  client.end();
  return Buffer.concat(parts);
}

/** All chunks as they are once the last one has come. */
async function everything(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.resume();
  await once(socket, "end");
  return Buffer.concat(chunks);
}
