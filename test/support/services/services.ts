import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { describe, it } from "vitest";
import { isGoSuiteInstalled } from "./amqp-go.ts";
import { areAmqpPythonClientsInstalled } from "./amqp-python.ts";
import { areJavaClientsInstalled } from "./java-clients.ts";
import { isKafkaInstalled } from "./kafka.ts";
import { isPahoPythonInstalled } from "./paho-python.ts";

/** A real server or client that some suites need and that `.ci/run` installs. */
export type Service =
  | "kafka"
  | "rabbitmq"
  | "mosquitto"
  | "mosquitto-clients"
  | "redis"
  | "nats"
  | "chromium"
  | "openssl"
  | "paho-python"
  | "java-clients"
  | "amqp-go"
  | "amqp-tools"
  | "amqp-python";

interface Requirement {
  readonly name: string;
  /** How to get it, for the one line that says why a suite was skipped. */
  readonly from: string;
  isInstalled(): boolean;
}

const requirements: Readonly<Record<Service, Requirement>> = {
  kafka: { name: "Kafka", from: "test/support/services/kafka/install.sh", isInstalled: isKafkaUsable },
  rabbitmq: debianPackage("RabbitMQ", "rabbitmq-server", "rabbitmq-server", "epmd"),
  mosquitto: debianPackage("mosquitto", "mosquitto", "mosquitto"),
  "mosquitto-clients": debianPackage("mosquitto_pub", "mosquitto-clients", "mosquitto_pub", "mosquitto_sub"),
  redis: debianPackage("Redis", "redis-server", "redis-server"),
  nats: debianPackage("NATS", "nats-server", "nats-server"),
  chromium: debianPackage("Chromium", "chromium", "chromium"),
  openssl: debianPackage("openssl", "openssl", "openssl"),
  "paho-python": {
    name: "Paho for Python",
    from: "test/support/services/paho-python/install.sh",
    isInstalled: () => findProgram("python3") !== undefined && isPahoPythonInstalled(),
  },
  "java-clients": {
    name: "the driver of the Java clients",
    from: "test/support/services/java-clients/install.sh",
    isInstalled: () => findProgram("java") !== undefined && areJavaClientsInstalled(),
  },
  "amqp-go": {
    name: "the suite of amqp091-go",
    from: "test/support/services/amqp-go/install.sh",
    isInstalled: isGoSuiteInstalled,
  },
  "amqp-tools": debianPackage("amqp-publish", "amqp-tools", "amqp-publish", "amqp-consume", "amqp-get"),
  "amqp-python": {
    name: "Python with pika, kombu and Celery",
    from: "apt-get install python3-pika python3-kombu python3-celery",
    isInstalled: areAmqpPythonClientsInstalled,
  },
};

/**
 * A suite that needs a real server: runs when the server is installed and is skipped with one line otherwise.
 * With REQUIRE_SERVICES=1 a missing server is a failure.
 */
export function describeWithService(service: Service, title: string, body: () => void): void {
  describeWithServices([service], title, body);
}

/** A suite that needs several real servers, as with `describeWithService`. */
export function describeWithServices(services: readonly Service[], title: string, body: () => void): void {
  const missing = services.map((service) => requirements[service]).find(({ isInstalled }) => !isInstalled());
  if (missing === undefined) {
    describe(title, body);
    return;
  }
  const { name, from } = missing;
  const reason = `${name} is not installed (${from})`;
  const { REQUIRE_SERVICES } = process.env;
  if (REQUIRE_SERVICES === "1") {
    describe(title, () => {
      it(`needs ${name}`, () => {
        throw new Error(reason);
      });
    });
    return;
  }
  process.stderr.write(`${title}: skipped: ${reason}\n`);
  describe.skip(`${title}: ${reason}`, body);
}

/** The path of a program, looked for on PATH and where Debian puts servers; undefined when it is not there. */
export function findProgram(program: string): string | undefined {
  const { PATH = "" } = process.env;
  const folders = [...PATH.split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return folders.map((folder) => (isAbsolute(program) ? program : join(folder, program))).find(isExecutable);
}

function isKafkaUsable(): boolean {
  return isKafkaInstalled() && findProgram("java") !== undefined;
}

function debianPackage(name: string, packageName: string, ...programs: string[]): Requirement {
  return {
    name,
    from: `apt-get install ${packageName}`,
    isInstalled: () => programs.every((program) => findProgram(program) !== undefined),
  };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
