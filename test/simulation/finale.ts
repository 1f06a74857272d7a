import type { Packet } from "mqtt-packet";
import { textOf } from "./sent-message.ts";
import type { SimulatedClient } from "./simulated-client.ts";
import type { World } from "./world.ts";

const ROUNDS = 400;
/** For so long the journal may hold a batch open. */
const BATCH_MS = 2;
const LONG_SECONDS = 100_000;

/** Everybody is well again until nothing is left to do; then what is owed must have come. */
export async function bringToRest(world: World): Promise<void> {
  await drain(world);
  for (const client of world.clients)
    if (client.wire === undefined) world.dial(client, client.connectPacket(LONG_SECONDS));
  await drain(world);
  world.observe();
  if (!world.isVoid) checkDelivered(world);
}

/** All sessions end; then nothing may be left of them. */
export async function leave(world: World): Promise<void> {
  for (const client of world.clients) {
    goAway(client);
    if (client.version === 4) {
      await drain(world);
      client.mustStartClean = true;
      world.dial(client, client.connectPacket(LONG_SECONDS));
      await drain(world);
      goAway(client);
    }
  }
  await drain(world);
  for (let i = 0; i < 3; i++) {
    world.clock.jump(1000);
    await drain(world);
  }
  world.observe();
  checkNothingIsLeft(world);
}

async function drain(world: World): Promise<void> {
  const { loop } = world;
  let quiet = 0;
  for (let round = 0; quiet < 3; round++) {
    if (round > ROUNDS) {
      world.report("the system never comes to rest");
      return;
    }
    await loop.settle();
    world.clock.jump(BATCH_MS);
    await loop.settle();
    if (world.broker.journal.failure !== undefined && !world.store.isWriting) world.clock.jump(5000);
    if (world.store.hasFailedToRead && quiet === 2) {
      world.store.hasFailedToRead = false;
      world.clock.jump(1000);
    }
    world.store.succeed();
    world.store.read();
    world.admit();
    await loop.settle();
    const isBusy = isUnderWay(world);
    for (const client of world.clients) client.talk();
    await world.flow();
    for (const wire of world.wires) if (!wire.isOpenAtClient && wire.bytesUnderWay === 0) wire.lose();
    await loop.settle();
    quiet = isBusy || isUnderWay(world) ? 0 : quiet + 1;
  }
}

function isUnderWay({ wires, clients, store, isAdmitting }: World): boolean {
  return (
    store.isWriting ||
    store.isReading ||
    isAdmitting ||
    wires.some(
      ({ bytesUnderWay, hasForClient, stream, isOpenAtClient }) =>
        bytesUnderWay > 0 || hasForClient || (!isOpenAtClient && !stream.isEnded),
    ) ||
    clients.some(({ heldCount }) => heldCount > 0)
  );
}

function goAway(client: SimulatedClient): void {
  const packet: Packet = { cmd: "disconnect" };
  const lasts = (client.wire?.connect?.properties?.sessionExpiryInterval ?? 0) > 0;
  if (client.version === 5)
    Object.assign(packet, { reasonCode: 0, ...(lasts && { properties: { sessionExpiryInterval: 0 } }) });
  client.wire?.send(packet);
  client.abandon();
}

function checkDelivered(world: World): void {
  const now = world.clock.now();
  const undelivered = world.model
    .instances()
    .flatMap((instance) => [...(instance?.owed ?? [])])
    .filter(({ expiryMs, firstArrivedAtMs }) => expiryMs === 0 || now < firstArrivedAtMs + expiryMs);
  if (undelivered.length > world.missed) {
    world.report(`not delivered: ${undelivered.map(({ id }) => id).join(" ")}; dropped: ${world.missed}`);
  }
  for (const client of world.clients) {
    if (!client.isConnected) world.report(`${client.id} is not connected in the end`);
    else if (!client.isDone) world.report(`${client.id} waits for acknowledgements in the end`);
  }
  for (const { clientId, queue } of world.broker.machine.sessions()) {
    if (queue.count !== 0) world.report(`${queue.count} entries are left in the queue of ${clientId}`);
  }
  checkRetained(world);
}

/** The retained message of a topic is none that was certainly replaced by a later one. */
function checkRetained(world: World): void {
  const { messages, disk } = world;
  for (const [topic, retained] of disk.retained) {
    const holder = [...messages.values()].find((message) => textOf(message) === String(retained.payload));
    if (holder === undefined || holder.number === 0 || holder.closedAt === 0) continue;
    for (const { id, topic: other, retain, acknowledgedAt, madeAt } of messages.values()) {
      const isLater = other === topic && retain && acknowledgedAt > 0 && madeAt > holder.closedAt;
      if (isLater) world.report(`${topic} retains ${holder.id} although ${id} came later`);
    }
  }
}

function checkNothingIsLeft(world: World): void {
  const { broker, disk } = world;
  const { mqtt, machine, router } = broker;
  const queues = [...machine.queues()].filter(({ name }) => name.startsWith("session/"));
  const left = {
    sessions: mqtt.sessions.count + [...machine.sessions()].length,
    "connected sessions": mqtt.sessions.onlineCount,
    connections: mqtt.connectionCount,
    "clients on disk": disk.clients.size,
    queues: queues.length,
    "queues on disk": disk.queues.size - ([...machine.queues()].length - queues.length),
    "queues' entries on disk": [...disk.entries.keys()].filter((key) => !disk.queues.has(key)).length,
    subscriptions: router.subscriptionCount - ([...machine.queues()].length - queues.length),
    deadlines: mqtt.sessions.deadlineCount,
  };
  for (const [what, count] of Object.entries(left))
    if (count !== 0) world.report(`${count} ${what} are left`);
}
