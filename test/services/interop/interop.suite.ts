import { describe } from "vitest";
import { describeConnecting } from "./connecting.suite.ts";
import { describeDelivery } from "./delivery.suite.ts";
import { type InteropSubject, useInteropRig } from "./interop-rig.ts";
import { describeMqtt5 } from "./mqtt5.suite.ts";

/** The cases that every client library has to pass, with MQTT 3.1.1 and 5. */
export function runInteropSuite(subject: InteropSubject): void {
  const rigFor = useInteropRig(subject);
  describe.each([
    ["3.1.1", 4],
    ["5", 5],
  ] as const)("with MQTT %s", (_name, version) => {
    const rig = rigFor(version);
    describeConnecting(rig);
    describeDelivery(rig);
    if (version === 5) describeMqtt5(rig);
  });
}
