import { z } from "zod";
import { amqpSection } from "./sections/amqp.ts";
import { authSection } from "./sections/auth.ts";
import { bridgesSection } from "./sections/bridges.ts";
import { data, logSection, shutdownTimeout } from "./sections/general.ts";
import { limitsSection } from "./sections/limits.ts";
import { listenersSection } from "./sections/listeners.ts";
import { metricsSection } from "./sections/metrics.ts";
import { mqttSection } from "./sections/mqtt.ts";
import { queuesSection } from "./sections/queues.ts";
import { sessionsSection } from "./sections/sessions.ts";
import { storageSection } from "./sections/storage.ts";

/** The whole configuration: every key with its type, bounds, default and description. */
export const brokerConfigSchema = z.strictObject({
  data,
  listeners: listenersSection,
  shutdownTimeout,
  log: logSection.prefault({}),
  auth: authSection.prefault({}),
  mqtt: mqttSection.prefault({}),
  limits: limitsSection.prefault({}),
  sessions: sessionsSection.prefault({}),
  storage: storageSection.prefault({}),
  queues: queuesSection.prefault({}),
  amqp: amqpSection.prefault({}),
  metrics: metricsSection.prefault({}),
  bridges: bridgesSection,
});

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;

/** The configuration as compose gets it: checked, complete and frozen. */
export type BrokerConfig = DeepReadonly<z.output<typeof brokerConfigSchema>>;
export type ListenerConfig = BrokerConfig["listeners"][number];
export type BridgeConfig = BrokerConfig["bridges"][number];
