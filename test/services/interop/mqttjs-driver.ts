import { readFileSync } from "node:fs";
import {
  connect,
  type IClientOptions,
  type IConnackPacket,
  type IPublishPacket,
  type ISubscriptionGrant,
  type MqttClient,
  type Packet,
} from "mqtt";
import type {
  ClientDriver,
  ConnectCommand,
  DrivenMessage,
  DriverAnswer,
  DriverCommand,
  DriverEvent,
  MessageProperties,
  SubscribeOptions,
} from "../../support/services/client-driver.ts";

/** Starts nothing: MQTT.js runs in the process of the tests. */
export function startMqttJs(): ClientDriver {
  return new MqttJsDriver();
}

class MqttJsDriver implements ClientDriver {
  readonly #clients = new Map<string, MqttClient>();
  readonly #listeners: ((event: DriverEvent) => void)[] = [];

  async request(name: string, command: DriverCommand): Promise<DriverAnswer> {
    if (command.command === "connect") return this.#connect(name, command);
    const client = this.#clients.get(name);
    if (client === undefined) throw new Error(`there is no client ${name}`);
    if (command.command === "subscribe") return subscribe(client, command);
    if (command.command === "publish") return publish(client, command);
    if (command.command === "disconnect") {
      await client.endAsync();
      this.#clients.delete(name); // an ended client has no stores any more
    }
    return {};
  }

  onEvent(listener: (event: DriverEvent) => void): void {
    this.#listeners.push(listener);
  }

  async dispose(): Promise<void> {
    for (const client of this.#clients.values()) await client.endAsync(true);
  }

  #connect(name: string, command: ConnectCommand): Promise<DriverAnswer> {
    const known = this.#clients.get(name);
    if (known !== undefined) {
      // Without its stores named, reconnect() would forget what is in flight.
      const { incomingStore, outgoingStore } = known;
      known.reconnect({ incomingStore, outgoingStore });
      return connack(known);
    }
    const client = connect(`${command.transport}://${command.host}:${command.port}`, clientOptions(command));
    this.#clients.set(name, client);
    this.#listen(name, client);
    return connack(client);
  }

  #listen(name: string, client: MqttClient): void {
    let reasonCode: number | undefined;
    client.on("error", () => {}); // a connection that was cut; "close" follows
    client.on("disconnect", (packet) => {
      reasonCode = packet.reasonCode;
    });
    client.on("close", () => {
      this.#emit({ event: "disconnected", client: name, reasonCode: reasonCode ?? null });
    });
    client.on("message", (_topicName, _payload, packet) => {
      this.#emit({ event: "message", client: name, ...toMessage(packet) });
    });
  }

  #emit(event: DriverEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function clientOptions(command: ConnectCommand): IClientOptions {
  const { version, clientId, cleanStart, sessionExpiryInterval, keepAlive, path, ca, will } = command;
  return {
    protocolVersion: version,
    clientId,
    clean: cleanStart,
    keepalive: keepAlive,
    reconnectPeriod: 0,
    resubscribe: false, // the session of the broker has to know
    path,
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    ...(version === 5 ? { properties: { sessionExpiryInterval } } : {}),
    ...(will === undefined ? {} : { will: toWill(will, version) }),
  };
}

function toWill(
  will: NonNullable<ConnectCommand["will"]>,
  version: 4 | 5,
): NonNullable<IClientOptions["will"]> {
  const { topicName, payload, qos, retain, delayInterval = 0 } = will;
  const properties = { ...toProperties(will), willDelayInterval: delayInterval };
  return {
    topic: topicName,
    payload: Buffer.from(payload),
    qos,
    retain,
    ...(version === 5 ? { properties } : {}),
  };
}

function connack(client: MqttClient): Promise<DriverAnswer> {
  return new Promise((resolve, reject) => {
    const settle = (work: () => void): void => {
      client.off("packetreceive", accepted);
      client.off("close", ended);
      work();
    };
    // "connect" comes only when all that was in flight has been sent again, one packet per acknowledgement.
    const accepted = (packet: Packet): void => {
      if (packet.cmd === "connack") settle(() => resolve(toConnackAnswer(packet)));
    };
    const ended = (): void => settle(() => reject(new Error("the connection ended before CONNACK")));
    client.on("packetreceive", accepted);
    client.on("close", ended);
  });
}

function toConnackAnswer({
  reasonCode,
  returnCode,
  sessionPresent,
  properties,
}: IConnackPacket): DriverAnswer {
  return {
    reasonCode: reasonCode ?? returnCode ?? 0,
    sessionPresent,
    assignedClientId: properties?.assignedClientIdentifier ?? null,
    serverKeepAlive: properties?.serverKeepAlive ?? null,
  };
}

function subscribe(client: MqttClient, options: SubscribeOptions): Promise<DriverAnswer> {
  const { topicFilter, qos, noLocal = false, retainAsPublished = false, retainHandling = 0 } = options;
  const { subscriptionIdentifier } = options;
  return new Promise((resolve, reject) => {
    client.subscribe(
      topicFilter,
      {
        qos,
        nl: noLocal,
        rap: retainAsPublished,
        rh: retainHandling,
        ...(subscriptionIdentifier === undefined ? {} : { properties: { subscriptionIdentifier } }),
      },
      (error, granted: ISubscriptionGrant[] | undefined, packet) => {
        const code = packet?.granted?.[0] ?? granted?.[0]?.qos;
        if (typeof code === "number") resolve({ reasonCode: code });
        else reject(error ?? new Error("SUBACK without a reason code"));
      },
    );
  });
}

function publish(client: MqttClient, message: DrivenMessage): Promise<DriverAnswer> {
  const { topicName, payload, qos, retain } = message;
  const isVersion5 = client.options.protocolVersion === 5;
  return new Promise((resolve, reject) => {
    client.publish(
      topicName,
      payload,
      { qos, retain, ...(isVersion5 ? { properties: toProperties(message) } : {}) },
      (error, packet) => {
        if (error === null || error === undefined) resolve({ reasonCode: reasonCodeOf(packet) });
        else if ("code" in error && typeof error.code === "number") resolve({ reasonCode: error.code });
        else reject(error);
      },
    );
  });
}

function reasonCodeOf(packet: object | undefined): number {
  return packet !== undefined && "reasonCode" in packet ? Number(packet.reasonCode) : 0;
}

function toProperties(properties: MessageProperties): NonNullable<IPublishPacket["properties"]> {
  const { contentType, responseTopic, correlationData, messageExpiryInterval, userProperties } = properties;
  return {
    ...(typeof contentType === "string" ? { contentType } : {}),
    ...(typeof responseTopic === "string" ? { responseTopic } : {}),
    ...(typeof correlationData === "string" ? { correlationData: Buffer.from(correlationData) } : {}),
    ...(typeof messageExpiryInterval === "number" ? { messageExpiryInterval } : {}),
    ...(userProperties === undefined ? {} : { userProperties: grouped(userProperties) }),
  };
}

function grouped(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const groups: Record<string, string[]> = {};
  for (const [name, value] of pairs) groups[name] = [...(groups[name] ?? []), value];
  return groups;
}

function toMessage({ topic, payload, qos, retain, properties = {} }: IPublishPacket): DrivenMessage {
  const { contentType, responseTopic, correlationData, messageExpiryInterval } = properties;
  return {
    topicName: topic,
    payload: payload.toString(),
    qos,
    retain,
    contentType: contentType ?? null,
    responseTopic: responseTopic ?? null,
    correlationData: correlationData?.toString() ?? null,
    messageExpiryInterval: messageExpiryInterval ?? null,
    userProperties: Object.entries(properties.userProperties ?? {}).flatMap(([name, values]) =>
      [values].flat().map((value): [string, string] => [name, value]),
    ),
    subscriptionIdentifiers: [properties.subscriptionIdentifier ?? []].flat(),
  };
}
