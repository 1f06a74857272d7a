import { describe, expect, it } from "vitest";
import { ConfigError } from "../../src/base/errors.ts";
import type { BrokerConfig } from "../../src/config/broker-config.ts";
import { parseConfigFile } from "../../src/config/config-file.ts";
import { checkConfig, loadConfig } from "../../src/config/load-config.ts";

interface Sources {
  environment?: Record<string, string>;
  set?: string[];
}

function load(text: string, { environment = {}, set = [] }: Sources = {}): BrokerConfig {
  const file = parseConfigFile("broker.yaml", text);
  return checkConfig(file, { environment: new Map(Object.entries(environment)), set });
}

function problemsOf(text: string, sources?: Sources): string[] {
  try {
    load(text, sources);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message.split("\n");
  }
  return [];
}

const KAFKA = `bridges:
  - name: lake
    type: kafka
    brokers: ["kafka-1:9092"]
    forward:
      - { from: "sensors/#", topic: sensors }
`;

describe("configuration values", () => {
  it("are the defaults for an empty file", () => {
    const config = load("");

    expect(config.data).toBe("./data");
    expect(config.listeners[0]).toEqual({
      type: "tcp",
      bind: { host: "127.0.0.1", port: 1883 },
      maximumConnections: 100_000,
      strict: "enforce",
      proxyProtocol: false,
    });
    expect(config.listeners[1]).toMatchObject({ type: "ws", path: "/mqtt", allowedOrigins: [] });
    expect(config.bridges).toEqual([]);
  });

  it("come from the file before the defaults", () => {
    expect(load("mqtt:\n  receiveMaximum: 7\n").mqtt).toMatchObject({ receiveMaximum: 7, maximumQoS: 2 });
  });

  it("come from the environment before the file", () => {
    const environment = { CAUSEWAY_MQTT__RECEIVEMAXIMUM: "8" };

    expect(load("mqtt: { receiveMaximum: 7 }", { environment }).mqtt.receiveMaximum).toBe(8);
  });

  it("come from --set before the environment, the last one winning", () => {
    const environment = { CAUSEWAY_MQTT__RECEIVEMAXIMUM: "8" };
    const set = ["mqtt.receiveMaximum=9", "mqtt.receiveMaximum=10"];

    expect(load("mqtt: { receiveMaximum: 7 }", { environment, set }).mqtt.receiveMaximum).toBe(10);
  });

  it("are frozen all the way down", () => {
    const config = load(KAFKA);

    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.listeners[0])).toBe(true);
    expect(Object.isFrozen(config.mqtt)).toBe(true);
    expect(Object.isFrozen(config.bridges[0]?.forward[0])).toBe(true);
  });

  it("may name an IPv6 address to bind to", () => {
    const { listeners } = load('listeners: [{ type: tcp, bind: "[::1]:0" }]');

    expect(listeners[0]).toMatchObject({ bind: { host: "::1", port: 0 } });
  });
});

describe("overrides", () => {
  it("change one entry of the default listeners", () => {
    const { listeners } = load("", { environment: { CAUSEWAY_LISTENERS__0__BIND: "0.0.0.0:11883" } });

    expect(listeners).toMatchObject([
      { bind: { host: "0.0.0.0", port: 11883 } },
      { bind: { port: 8083 } },
      { bind: { port: 18083 } },
    ]);
  });

  it("append an entry to a list", () => {
    const environment = {
      CAUSEWAY_LISTENERS__3__TYPE: "ws",
      CAUSEWAY_LISTENERS__3__BIND: "127.0.0.1:9001",
      CAUSEWAY_LISTENERS__3__PATH: "/other",
    };

    expect(load("", { environment }).listeners[3]).toMatchObject({ type: "ws", path: "/other" });
  });

  it("set a whole section before its keys", () => {
    const environment = {
      CAUSEWAY_BRIDGES__0__NAME: "renamed",
      CAUSEWAY_BRIDGES: '[{ name: a, type: kafka, brokers: ["k:1"], forward: [{ from: "#", topic: t }] }]',
    };

    expect(load("", { environment }).bridges[0]?.name).toBe("renamed");
  });

  it("keep text as it is where text is wanted", () => {
    const set = [
      "bridges.0.sasl.mechanism=plain",
      "bridges.0.sasl.username=007",
      "bridges.0.sasl.password=#a: b",
    ];

    expect(load(KAFKA, { set }).bridges[0]).toMatchObject({ sasl: { username: "007", password: "#a: b" } });
  });

  it("read null and false as such", () => {
    const set = ["auth.passwordFile=null", "mqtt.retainAvailable=false"];

    const config = load("auth: { passwordFile: users }", { set });

    expect(config.auth.passwordFile).toBeNull();
    expect(config.mqtt.retainAvailable).toBe(false);
  });

  it("that are not known are errors with the nearest key", () => {
    expect(
      problemsOf("", { environment: { CAUSEWAY_MQTT__RECIEVEMAXIMUM: "1" }, set: ["mqtt.maximumQos=1"] }),
    ).toEqual([
      "CAUSEWAY_MQTT__RECIEVEMAXIMUM: no such key; did you mean CAUSEWAY_MQTT__RECEIVEMAXIMUM?",
      "--set mqtt.maximumQos: no such key; did you mean mqtt.maximumQoS?",
    ]);
  });

  it("with a wrong value are named as its origin", () => {
    expect(
      problemsOf("", { environment: { CAUSEWAY_MQTT__MAXIMUMQOS: "3" }, set: ["shutdownTimeout=soon"] }),
    ).toEqual([
      '--set shutdownTimeout: must be a whole number from 0 to 3600, not "soon"',
      "CAUSEWAY_MQTT__MAXIMUMQOS: must be one of 0, 1, 2, not 3",
    ]);
  });

  it("that leave a new entry incomplete are named as its origin", () => {
    expect(problemsOf("", { set: ["listeners.3.type=tcp"] })).toEqual([
      "--set listeners.3.type: listeners.3.bind: is missing: text",
    ]);
  });

  it("beyond the end of a list are errors", () => {
    expect(problemsOf("", { set: ["listeners.5.bind=127.0.0.1:1"] })).toEqual([
      "--set listeners.5.bind: listeners is a list of 3: its position must be a number from 0 to 3",
    ]);
  });

  it("without a value or with broken YAML are errors", () => {
    const problems = problemsOf("", { set: ["data", "bridges=[{"] });

    expect(problems[0]).toBe("--set data: must be path.to.key=value");
    expect(problems[1]).toMatch(/^--set bridges: its value is not YAML: /);
  });
});

describe("a configuration error", () => {
  it("names file, line and the nearest key for an unknown key", () => {
    expect(problemsOf("data: ./data\nmqtt:\n  recieveMaximum: 20\n")).toEqual([
      "broker.yaml:3: unknown key mqtt.recieveMaximum; did you mean receiveMaximum?",
    ]);
  });

  it("lists the known keys when none is near", () => {
    expect(problemsOf("storage:\n  zzzzzzzz: 1\n")).toEqual([
      "broker.yaml:2: unknown key storage.zzzzzzzz; known are durability",
    ]);
  });

  it("lists every problem in the order of the file", () => {
    const text =
      "storage: { durability: tape }\nmqtt:\n  maximumQoS: 9\n  receiveMaximum: 0\nshutdownTimeout: 1.5\n";

    expect(problemsOf(text)).toEqual([
      'broker.yaml:1: storage.durability: must be one of disk, os, memory, not "tape"',
      "broker.yaml:3: mqtt.maximumQoS: must be one of 0, 1, 2, not 9",
      "broker.yaml:4: mqtt.receiveMaximum: must be a whole number from 1 to 65535, not 0",
      "broker.yaml:5: shutdownTimeout: must be a whole number from 0 to 3600, not 1.5",
    ]);
  });

  it.each([
    ["mqtt:\n", "broker.yaml:1: mqtt: must be a mapping of keys to values, not empty or null"],
    ["- a\n", "broker.yaml:1: must be a mapping of keys to values, not a list of 1"],
    ["listeners: []\n", "broker.yaml:1: listeners: must be a list with at least one entry, not a list of 0"],
    [
      "listeners:\n  - { bind: x }\n",
      "broker.yaml:2: listeners.0.type: is missing: one of tcp, tls, ws, wss, unix, amqp, amqps, admin",
    ],
    [
      "listeners:\n  - { type: quic, bind: x }\n",
      'broker.yaml:2: listeners.0.type: must be one of tcp, tls, ws, wss, unix, amqp, amqps, admin, not "quic"',
    ],
    [
      "listeners:\n  - type: tcp\n    bind: 1883\n",
      "broker.yaml:3: listeners.0.bind: must be text, not 1883",
    ],
    [
      "listeners:\n  - type: tcp\n    bind: localhost\n",
      'broker.yaml:3: listeners.0.bind: must be "host:port" such as "127.0.0.1:1883"',
    ],
    [
      "listeners:\n  - type: tcp\n    bind: h:1\n    path: /mqtt\n",
      "broker.yaml:4: unknown key listeners.0.path; known are type, bind, maximumConnections, strict, proxyProtocol",
    ],
    ["mqtt: { retainAvailable: 1 }", "broker.yaml:1: mqtt.retainAvailable: must be true or false, not 1"],
    ["auth: { aclFile: 1 }", "broker.yaml:1: auth.aclFile: must be text that is not empty or null, not 1"],
  ])("says what is allowed: %j", (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it("names the line of broken YAML and of a doubled key", () => {
    expect(problemsOf("data: a\ndata: b\n")[0]).toMatch(/^broker\.yaml:2: .*unique/);
    expect(problemsOf("data: [a\nlog: }\n")[0]).toMatch(/^broker\.yaml:\d: /);
  });

  it("tells how to name another file when there is none", () => {
    const sources = { file: "/nowhere/broker.yaml", environment: new Map<string, string>(), set: [] };

    expect(() => loadConfig(sources)).toThrow(
      "/nowhere/broker.yaml: there is no such file; name one with --config",
    );
  });

  it("refuses aliases that multiply", () => {
    const text = `a: &a [${"x,".repeat(20)}]\nb: &b [${"*a,".repeat(20)}]\nc: [${"*b,".repeat(20)}]\n`;

    expect(problemsOf(text)[0]).toMatch(/^broker\.yaml: .*alias/);
  });
});

describe("listeners", () => {
  const listening = (keys: string): string => `listeners:\n  - {${keys}}\n`;
  const tls = (keys = "", more = ""): string =>
    listening(` type: tls, bind: "h:1", tls: { cert: c, key: k${keys} }${more} `);

  it("with TLS ask for no client certificate unless told", () => {
    expect(load(tls()).listeners[0]).toEqual({
      type: "tls",
      bind: { host: "h", port: 1 },
      tls: { cert: "c", key: "k", ca: null, crl: null, requestCert: false, minVersion: "TLSv1.2" },
      certificateUser: "none",
      maximumConnections: 100_000,
      strict: "enforce",
      proxyProtocol: false,
    });
  });

  it("take networks of proxies as IPv4 and IPv6 networks or addresses", () => {
    const networks = ["10.0.0.0/8", "192.0.2.1", "fd00::/8", "::1"];

    const { listeners } = load(
      listening(` type: tcp, bind: "h:1", proxyProtocol: { networks: ${JSON.stringify(networks)} } `),
    );

    expect(listeners[0]).toMatchObject({ proxyProtocol: { networks } });
  });

  it("on a Unix socket let its owner and group in", () => {
    expect(load(listening(" type: unix, path: /run/x ")).listeners[0]).toMatchObject({ mode: "0660" });
  });

  it.each([
    [listening(` type: tls, bind: "h:1" `), "listeners.0.tls: is missing: a mapping of keys to values"],
    [
      tls(", requestCert: optional"),
      "listeners.0.tls.ca: requestCert needs the authorities that client certificates must come from",
    ],
    [tls(", crl: l"), "listeners.0.tls.crl: is of no use without requestCert"],
    [
      tls(", ca: a, requestCert: maybe"),
      'listeners.0.tls.requestCert: must be one of false, true, optional, required, not "maybe"',
    ],
    [
      tls("", ", certificateUser: commonName"),
      "listeners.0.certificateUser: needs tls.requestCert: without it no client shows a certificate",
    ],
    [
      tls(", minVersion: TLSv1.1"),
      'listeners.0.tls.minVersion: must be one of TLSv1.2, TLSv1.3, not "TLSv1.1"',
    ],
    [
      listening(` type: unix, path: /run/x, mode: "660" `),
      'listeners.0.mode: must be octal digits in quotes, such as "0660"',
    ],
    [
      listening(` type: tcp, bind: "h:1", proxyProtocol: true `),
      "listeners.0.proxyProtocol: must be false or a mapping of keys to values, not true",
    ],
    ...["10.0.0.0/33", "10.0.0", "::/129", "fe80::1%eth0", "10.0.0.0/8/8", "10.0.0.0/"].map((network) => [
      listening(` type: tcp, bind: "h:1", proxyProtocol: { networks: ["${network}"] } `),
      'listeners.0.proxyProtocol.networks.0: must be an address or a network such as "10.0.0.0/8"',
    ]),
  ])("that cannot be used are named with what is missing: %s", (text, problem) => {
    expect(problemsOf(text ?? "")).toEqual([`broker.yaml:2: ${problem}`]);
  });
});

describe("bridges", () => {
  it("get the defaults of their kind", () => {
    expect(load(KAFKA).bridges[0]).toMatchObject({
      clientId: "causeway",
      tls: false,
      sasl: null,
      lanes: 4,
      outbox: { maximumMessages: 1_000_000, maximumBytes: 1024 ** 3, whenFull: "block" },
      batch: { maximumRecords: 1000, maximumBytes: 900_000 },
      retry: { initialMs: 100, maximumMs: 30_000 },
      forward: [{ from: "sensors/#", topic: "sensors", key: `\${clientId}`, headers: [] }],
    });
  });

  it("must have names of their own", () => {
    const second = KAFKA.slice(KAFKA.indexOf("\n") + 1);

    expect(problemsOf(KAFKA + second)).toEqual([
      "broker.yaml:7: bridges.1.name: a second bridge is named lake",
    ]);
  });

  it("must forward valid topic filters", () => {
    expect(problemsOf(KAFKA.replace("sensors/#", "sensors#"))[0]).toMatch(
      /^broker\.yaml:6: bridges\.0\.forward\.0\.from: must be a topic filter/,
    );
  });

  it("take tls as true, false or a mapping", () => {
    const withTls = (tls: string): string => `${KAFKA}    tls: ${tls}\n`;

    expect(load(withTls("true")).bridges[0]).toMatchObject({ tls: true });
    expect(load(withTls("{ ca: ca.pem }")).bridges[0]).toMatchObject({ tls: { ca: "ca.pem", cert: null } });
    expect(problemsOf(withTls("{ cert: c.pem }"))).toEqual([
      "broker.yaml:7: bridges.0.tls.key: cert and key belong together",
    ]);
    expect(problemsOf(withTls("yes"))).toEqual([
      'broker.yaml:7: bridges.0.tls: must be true or false or a mapping of keys to values, not "yes"',
    ]);
    expect(problemsOf(withTls("{ cat: x, ca: y }"))).toEqual([
      "broker.yaml:7: unknown key bridges.0.tls.cat; did you mean ca?",
    ]);
  });

  it("never show a password or URL in an error", () => {
    const amqp = KAFKA.replace("kafka\n", "amqp\n").replace(
      'brokers: ["kafka-1:9092"]',
      "url: http://u:secret@h",
    );
    const text = `${amqp}  - name: b\n    type: kafka\n    sasl: { mechanism: plain, username: u, password: 12345 }\n`;

    const problems = problemsOf(text).join("\n");

    expect(problems).toContain("bridges.0.url: must be a URL");
    expect(problems).toContain("bridges.1.sasl.password: must be text");
    expect(problems).not.toMatch(/secret|12345/);
  });

  it("must not begin with a longer pause than they end with", () => {
    expect(problemsOf(`${KAFKA}    retry: { initialMs: 500, maximumMs: 100 }\n`)).toEqual([
      "broker.yaml:7: bridges.0.retry.maximumMs: must not be smaller than initialMs",
    ]);
  });
});
