import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AmqpDriver } from "./amqp-driver.ts";
import { type ClientDriver, startClientDriver } from "./client-driver.ts";
import { startLineDriver } from "./line-driver.ts";

/** Whether install.sh has fetched the Java clients and compiled the driver as it is now. */
export function areJavaClientsInstalled(): boolean {
  const marker = join(libraryFolder(), "installed");
  return existsSync(marker) && readFileSync(marker, "utf8").trim() === fingerprint();
}

/** Starts a Java process with Eclipse Paho's clients for both versions, or with HiveMQ's. */
export function startJavaClients(library: "paho" | "hivemq"): ClientDriver {
  return startClientDriver("java", javaArguments("Driver", library));
}

/** Starts a Java process with RabbitMQ's client. */
export function startJavaAmqpClient(): AmqpDriver {
  return startLineDriver("java", javaArguments("AmqpDriver"));
}

function javaArguments(...program: readonly string[]): string[] {
  const folder = libraryFolder();
  // A quick start matters more than speed.
  const options = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
  const classPath = [join(folder, "classes"), join(folder, "lib", "*")].join(delimiter);
  return [...options, "-cp", classPath, ...program];
}

function libraryFolder(): string {
  const { MQTT_JAVA_LIB } = process.env;
  return MQTT_JAVA_LIB ?? join(homedir(), ".cache/causeway-test/java-clients");
}

/** Of the files that install.sh works from, as it computes it. */
function fingerprint(): string {
  const folder = fileURLToPath(new URL("./java-clients/", import.meta.url));
  const sources = readdirSync(join(folder, "src")).filter((name) => name.endsWith(".java"));
  const hash = createHash("sha256").update(readFileSync(join(folder, "pom.xml")));
  for (const name of sources.sort()) hash.update(readFileSync(join(folder, "src", name)));
  return hash.digest("hex");
}
