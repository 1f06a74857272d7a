import { type LineDriver, startLineDriver } from "./line-driver.ts";

/** What a message carries besides its payload; all but the last need MQTT 5, the last is only ever received. */
export interface MessageProperties {
  readonly contentType?: string | null;
  readonly responseTopic?: string | null;
  readonly correlationData?: string | null;
  /** Seconds. */
  readonly messageExpiryInterval?: number | null;
  readonly userProperties?: readonly (readonly [string, string])[];
  readonly subscriptionIdentifiers?: readonly number[];
}

/** A message to publish, and as it was received. */
export interface DrivenMessage extends MessageProperties {
  readonly topicName: string;
  readonly payload: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** `delayInterval` is in seconds and for MQTT 5. */
export interface DrivenWill extends DrivenMessage {
  readonly delayInterval?: number;
}

/** How a client finds the broker. */
export interface DrivenAddress {
  readonly transport: "tcp" | "tls" | "ws" | "wss";
  readonly host: string;
  readonly port: number;
  /** Of the WebSocket. */
  readonly path: string;
  /** File of the certificate authority to trust. */
  readonly ca?: string;
}

/** The first `connect` under a name makes the client, later ones use it again. */
export interface ConnectCommand extends DrivenAddress {
  readonly command: "connect";
  readonly version: 4 | 5;
  readonly clientId: string;
  /** `cleanSession` in MQTT 3.1.1. */
  readonly cleanStart: boolean;
  /** Seconds; for MQTT 5. */
  readonly sessionExpiryInterval: number;
  /** Seconds. */
  readonly keepAlive: number;
  readonly will?: DrivenWill;
}

/** All but the first two need MQTT 5. */
export interface SubscribeOptions {
  readonly topicFilter: string;
  readonly qos: 0 | 1 | 2;
  readonly noLocal?: boolean;
  readonly retainAsPublished?: boolean;
  readonly retainHandling?: 0 | 1 | 2;
  readonly subscriptionIdentifier?: number;
}

/**
 * What a driver understands. Commands are handed to the library one after the other; a publish is answered when it is
 * acknowledged, `sync` when the library has taken all that came before.
 */
export type DriverCommand =
  | ConnectCommand
  | ({ readonly command: "subscribe" } & SubscribeOptions)
  | ({ readonly command: "publish" } & DrivenMessage)
  | { readonly command: "disconnect" }
  | { readonly command: "sync" };

/** Fields that a version or a library does not have are missing or null. */
export interface DriverAnswer {
  readonly reasonCode?: number;
  readonly sessionPresent?: boolean;
  readonly assignedClientId?: string | null;
  readonly serverKeepAlive?: number | null;
}

export type DriverEvent =
  | ({ readonly event: "message"; readonly client: string } & DrivenMessage)
  /** `reasonCode`: of the broker's DISCONNECT, when one came and the library shows it. */
  | { readonly event: "disconnected"; readonly client: string; readonly reasonCode?: number | null };

/** An MQTT client library that does what it is told. */
export type ClientDriver = LineDriver<DriverCommand, DriverAnswer, DriverEvent>;

/** Starts a driver program for MQTT clients. */
export function startClientDriver(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): ClientDriver {
  return startLineDriver<DriverCommand, DriverAnswer, DriverEvent>(command, args, env);
}
