import { describe, expect, it } from "vitest";
import type { Exchange } from "./exchange.ts";
import { connectExchanges } from "./mqtt5/3-1-connect.exchange.ts";
import { publishExchanges } from "./mqtt5/3-3-publish.exchange.ts";
import { subscribeExchanges } from "./mqtt5/3-8-subscribe.exchange.ts";
import { unsubscribeExchanges } from "./mqtt5/3-10-unsubscribe.exchange.ts";
import { disconnectExchanges } from "./mqtt5/3-14-disconnect.exchange.ts";
import { deliveryExchanges } from "./mqtt5/4-3-delivery.exchange.ts";
import { connect311Exchanges } from "./mqtt311/3-1-connect.exchange.ts";
import { publish311Exchanges } from "./mqtt311/3-3-publish.exchange.ts";
import { subscribe311Exchanges } from "./mqtt311/3-8-subscribe.exchange.ts";
import { delivery311Exchanges } from "./mqtt311/4-3-delivery.exchange.ts";
import { playExchange } from "./play-exchange.ts";

const EXCHANGES: [string, readonly Exchange[]][] = [
  ["CONNECT of MQTT 5", connectExchanges],
  ["PUBLISH of MQTT 5", publishExchanges],
  ["SUBSCRIBE of MQTT 5", subscribeExchanges],
  ["UNSUBSCRIBE of MQTT 5", unsubscribeExchanges],
  ["DISCONNECT and AUTH of MQTT 5", disconnectExchanges],
  ["delivery in MQTT 5", deliveryExchanges],
  ["CONNECT of MQTT 3.1.1", connect311Exchanges],
  ["PUBLISH and fixed headers of MQTT 3.1.1", publish311Exchanges],
  ["SUBSCRIBE and UNSUBSCRIBE of MQTT 3.1.1", subscribe311Exchanges],
  ["delivery in MQTT 3.1.1", delivery311Exchanges],
];

describe.each(EXCHANGES)("%s, byte for byte", (_, exchanges) => {
  for (const exchange of exchanges) {
    it.concurrent(exchange.name, () => expect(playExchange(exchange)).resolves.toBeUndefined());
  }
});
