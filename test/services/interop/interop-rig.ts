import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, onTestFinished } from "vitest";
import { type BrokerProcess, startBroker } from "../../support/broker-process.ts";
import { CertificateAuthority } from "../../support/certificates.ts";
import type { ClientDriver, DrivenAddress } from "../../support/services/client-driver.ts";
import { type CuttableLink, openLink } from "./cuttable-link.ts";
import { type ClientOptions, InteropClient } from "./interop-client.ts";
import { startMqttJs } from "./mqttjs-driver.ts";

/** The Keep Alive that the broker of these tests allows, in seconds. */
export const MAXIMUM_KEEP_ALIVE = 30;

const CONNECT_TIMEOUT_S = 3;

/** Clients may write here, */
const OPEN = "open";
/** only read here, */
export const READ_ONLY = "read-only";
/** and do neither here. */
export const FORBIDDEN = "forbidden";

/** What a client library does not do with MQTT 5, checked on the wire; the cases ask less of it there. */
export type Shortcoming =
  | "hides subscription identifiers"
  | "overlooks the reason code of PUBREC"
  | "delivers repeated QoS 2 messages";

/** A client library. */
export interface InteropSubject {
  start(): ClientDriver;
  readonly shortcomings: readonly Shortcoming[];
}

/** A broker with every listener, the client under test, and MQTT.js as its peer. */
export interface InteropRig {
  readonly version: 4 | 5;
  has(shortcoming: Shortcoming): boolean;
  /** A client of the library under test, with a client id of its own; not yet connected. */
  client(options?: Partial<ClientOptions>): InteropClient;
  /** A client that is connected. */
  connected(options?: Partial<ClientOptions>): Promise<InteropClient>;
  /** MQTT.js with MQTT 5, connected. */
  peer(): Promise<InteropClient>;
  /** A link to the broker's TCP listener, closed after the test. */
  link(): Promise<CuttableLink>;
  /** A Topic Name that nothing else uses. */
  topicName(): string;
  address(transport: DrivenAddress["transport"]): Pick<DrivenAddress, "transport" | "port"> & { ca?: string };
}

interface Shared {
  readonly authority: CertificateAuthority;
  readonly broker: BrokerProcess;
  readonly driver: ClientDriver;
  readonly peers: ClientDriver;
}

/** Starts broker and driver before the tests of a suite; what it returns makes a rig for a version. */
export function useInteropRig(subject: InteropSubject): (version: 4 | 5) => InteropRig {
  let shared: Shared | undefined;
  let count = 0;
  const current = (): Shared => {
    if (shared === undefined) throw new Error("the rig is not set up yet");
    return shared;
  };

  beforeAll(async () => {
    const authority = await CertificateAuthority.create();
    shared = {
      authority,
      broker: await startRigBroker(authority),
      driver: subject.start(),
      peers: startMqttJs(),
    };
  });

  afterAll(async () => {
    await shared?.driver.dispose();
    await shared?.peers.dispose();
    await shared?.broker.dispose();
    await shared?.authority.remove();
  });

  return (version) => {
    const client = (options: Partial<ClientOptions> = {}): InteropClient =>
      new InteropClient(current().driver, `client-${++count}`, {
        version,
        port: current().broker.tcpPort,
        ...options,
      });
    return {
      version,
      has: (shortcoming) => version === 5 && subject.shortcomings.includes(shortcoming),
      client,
      async connected(options = {}) {
        const result = client(options);
        await result.reconnect();
        return result;
      },
      async peer() {
        const { peers, broker } = current();
        const result = new InteropClient(peers, `peer-${++count}`, { version: 5, port: broker.tcpPort });
        await result.connect();
        return result;
      },
      async link() {
        const link = await openLink(current().broker.tcpPort);
        onTestFinished(() => link.close());
        return link;
      },
      topicName: () => `${OPEN}/${++count}`,
      address(transport) {
        const { broker, authority } = current();
        const isSecure = transport === "tls" || transport === "wss";
        return { transport, port: broker.portOf(transport), ...(isSecure ? { ca: authority.cert } : {}) };
      },
    };
  };
}

async function startRigBroker(authority: CertificateAuthority): Promise<BrokerProcess> {
  const tls = await authority.issue({ subject: "/CN=broker", subjectAltName: "DNS:localhost,IP:127.0.0.1" });
  const aclFile = join(authority.folder, "acl");
  await writeFile(aclFile, `topic readwrite ${OPEN}/#\ntopic read ${READ_ONLY}/#\n`);
  return startBroker({
    config: {
      listeners: [
        { type: "tcp" },
        { type: "ws", path: "/mqtt" },
        { type: "tls", tls },
        { type: "wss", path: "/mqtt", tls },
        { type: "admin" },
      ],
      auth: { aclFile },
      mqtt: { maximumKeepAlive: MAXIMUM_KEEP_ALIVE, connectTimeout: CONNECT_TIMEOUT_S },
    },
  });
}
