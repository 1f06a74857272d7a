import { once } from "node:events";
import { existsSync } from "node:fs";
import { rename, stat, symlink, writeFile } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ListenError } from "../../src/base/errors.ts";
import { UnixListener } from "../../src/transports/unix.ts";
import { aListenerPorts, RecordingReceiver } from "./listening.ts";
import { temporaryFolder } from "./temporary-folder.ts";

async function aListener(options: { path?: string; mode?: number; maximumConnections?: number } = {}) {
  const path = options.path ?? join(await temporaryFolder(), "mqtt.sock");
  const ports = aListenerPorts();
  const listener = new UnixListener({ mode: 0o660, maximumConnections: 0, ...options, path }, ports);
  onTestFinished(() => listener.close());
  return { path, ports, listener };
}

async function dialPath(path: string): Promise<Socket> {
  const socket = connect(path);
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** What a process that was killed leaves behind. */
async function leaveStaleSocket(path: string): Promise<void> {
  const hidden = `${path}.live`;
  const server = createServer().listen(hidden);
  await once(server, "listening");
  await rename(hidden, path);
  server.close(); // removes the file under the name it was made with, which is gone
  await once(server, "close");
}

describe("Unix socket listener", () => {
  it("carries bytes both ways", async () => {
    const { path, ports, listener } = await aListener();
    await listener.open();
    const client = await dialPath(path);
    const stream = await ports.nextStream();
    const receiver = new RecordingReceiver();

    stream.start(receiver);
    client.write("ping");
    await receiver.until(() => receiver.received.length === 4);
    stream.write(Buffer.from("pong"));
    const [answer] = await once(client, "data");

    expect(receiver.received.toString()).toBe("ping");
    expect(String(answer)).toBe("pong");
    expect(stream).toMatchObject({ transport: "unix", isLoopback: true, remoteAddress: `unix:${path}` });
    stream.destroy();
  });

  it("names its path", async () => {
    const { path, listener } = await aListener();

    expect(await listener.open()).toBe(0);
    expect(listener.description).toBe(`unix ${path}`);
  });

  it.each([0o660, 0o600, 0o666])("gives the socket the mode %o", async (mode) => {
    const { path, listener } = await aListener({ mode });

    await listener.open();

    expect((await stat(path)).mode & 0o777).toBe(mode);
  });

  it("removes the socket when it is closed", async () => {
    const { path, listener } = await aListener();
    await listener.open();

    await listener.close();

    expect(existsSync(path)).toBe(false);
  });

  it("takes the place of a socket whose process is gone", async () => {
    const { path, listener } = await aListener();
    await leaveStaleSocket(path);
    expect(existsSync(path)).toBe(true);

    await listener.open();

    await expect(dialPath(path)).resolves.toBeDefined();
  });

  it("leaves a socket alone on which somebody listens", async () => {
    const { path, listener } = await aListener();
    await listener.open();
    const { listener: second } = await aListener({ path });

    const opening = second.open();

    await expect(opening).rejects.toThrow(ListenError);
    await expect(opening).rejects.toThrow(
      `${path} is taken by another process; stop it or choose another path`,
    );
    await expect(dialPath(path)).resolves.toBeDefined();
  });

  it("leaves a file alone that is no socket, and a link to one", async () => {
    const folder = await temporaryFolder();
    const file = join(folder, "precious");
    await writeFile(file, "kept");
    await symlink(file, join(folder, "link"));
    const { listener } = await aListener({ path: file });
    const { listener: onLink } = await aListener({ path: join(folder, "link") });

    await expect(listener.open()).rejects.toThrow(`${file} is there already and is no socket`);
    await expect(onLink.open()).rejects.toThrow("is there already and is no socket");
    expect((await stat(file)).size).toBe(4);
  });

  it("says that the folder is missing", async () => {
    const path = join(await temporaryFolder(), "none", "mqtt.sock");
    const { listener } = await aListener({ path });

    await expect(listener.open()).rejects.toThrow(`${path} may not be made or opened: its folder is missing`);
  });

  it("says that the path is too long", async () => {
    const { listener } = await aListener({ path: join(await temporaryFolder(), "x".repeat(120)) });

    await expect(listener.open()).rejects.toThrow("is too long for a socket: 107 bytes are the most");
  });

  it("closes what comes in above the limit at once and counts it", async () => {
    const { path, ports, listener } = await aListener({ maximumConnections: 1 });
    await listener.open();
    await dialPath(path);
    const stream = await ports.nextStream();

    const second = await dialPath(path);
    await once(second, "close");

    expect(ports.counters.connectionsRefused).toBe(1);
    stream.destroy();
  });
});
