import { isIP } from "node:net";
import { z } from "zod";

function isNetwork(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || address.includes("%") || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

const network = z
  .string()
  .refine(isNetwork, { error: 'must be an address or a network such as "10.0.0.0/8"' });

/** `proxyProtocol:` of a listener. */
export const proxyProtocol = z
  .union([
    z.literal(false),
    z.strictObject({
      networks: z
        .array(network)
        .min(1)
        .describe(
          "Addresses and networks of the proxies; from them a header is required, from others malformed",
        ),
    }),
  ])
  .default(false)
  .describe(
    "PROXY protocol 1 and 2 behind a load balancer: false, or networks, the proxies that are believed",
  );
