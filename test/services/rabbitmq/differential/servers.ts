import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hashPassword } from "../../../../src/auth/password-hash.ts";
import { type BrokerProcess, startBroker } from "../../../support/broker-process.ts";
import { type RabbitmqServer, startRabbitmq } from "../../../support/services/rabbitmq.ts";
import { VIRTUAL_HOSTS } from "./compare-servers.ts";

/** Each case logs in three times. */
const FEW_ITERATIONS = 10;

/** Both servers with the same virtual hosts and the user guest. */
export interface BothServers {
  readonly rabbitmq: RabbitmqServer;
  readonly causeway: BrokerProcess;
  dispose(): Promise<void>;
}

export async function startBothServers(): Promise<BothServers> {
  const folder = await mkdtemp(join(tmpdir(), "causeway-differential-"));
  const definitions = join(folder, "definitions.json");
  const passwordFile = join(folder, "passwords");
  await writeFile(definitions, JSON.stringify(rabbitmqDefinitions()));
  await writeFile(passwordFile, `guest:${await hashPassword("guest", FEW_ITERATIONS)}\n`, { mode: 0o600 });
  const [rabbitmq, causeway] = await Promise.all([
    startRabbitmq({ configLines: [`load_definitions = ${definitions}`] }),
    startBroker({
      config: {
        listeners: [{ type: "amqp" }],
        auth: { anonymous: "never", passwordFile },
        queues: { virtualHosts: ["/", ...VIRTUAL_HOSTS] },
      },
    }),
  ]);
  return {
    rabbitmq,
    causeway,
    async dispose() {
      await Promise.all([rabbitmq.dispose(), causeway.dispose()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function rabbitmqDefinitions(): object {
  const salt = Buffer.from("salt");
  const digest = createHash("sha256")
    .update(Buffer.concat([salt, Buffer.from("guest")]))
    .digest();
  const vhosts = ["/", ...VIRTUAL_HOSTS];
  return {
    users: [
      {
        name: "guest",
        password_hash: Buffer.concat([salt, digest]).toString("base64"),
        hashing_algorithm: "rabbit_password_hashing_sha256",
        tags: "administrator",
      },
    ],
    vhosts: vhosts.map((name) => ({ name })),
    permissions: vhosts.map((vhost) => ({ user: "guest", vhost, configure: ".*", write: ".*", read: ".*" })),
  };
}
