import type { PeerCertificate } from "node:tls";
import { describe, expect, it } from "vitest";
import { identityIn } from "../../src/transports/client-certificate.ts";

/** A certificate as Node describes it. */
function certificate(commonName: unknown, subjectaltname?: string): PeerCertificate {
  return { subject: { CN: commonName }, subjectaltname } as unknown as PeerCertificate;
}

describe("identity in a client's certificate", () => {
  it("has common name and alternative names", () => {
    const names = "DNS:sensor-7.example, email:ops@example.com, URI:urn:sensor:7, IP Address:10.0.0.7";

    expect(identityIn(certificate("sensor 7", names), "none")).toEqual({
      commonName: "sensor 7",
      subjectAltNames: ["sensor-7.example", "ops@example.com", "urn:sensor:7"],
      user: undefined,
    });
  });

  it("gives the user the listener asks for", () => {
    const shown = certificate("sensor 7", "IP Address:10.0.0.7, URI:urn:sensor:7, DNS:b.example");

    expect(identityIn(shown, "commonName").user).toBe("sensor 7");
    expect(identityIn(shown, "subjectAltName").user).toBe("urn:sensor:7");
  });

  it.each([[undefined], [""], [["a", "b"]], ["line\nbreak"], ["nul\0"], ["\u0085"]])(
    "has no common name when that is %j",
    (commonName) => {
      expect(identityIn(certificate(commonName), "commonName")).toMatchObject({
        commonName: undefined,
        user: undefined,
      });
    },
  );

  it("does not take a part of a name for a name of its own", () => {
    const shown = certificate("x", 'DNS:"a.example, DNS:admin", DNS:b.example');

    expect(identityIn(shown, "none").subjectAltNames).toEqual(["a.example, DNS:admin", "b.example"]);
  });

  it("passes over names with control characters and of other kinds", () => {
    const shown = certificate("x", 'DNS:"a\\u0000.example", othername:"UPN:admin", DirName:CN = DNS:admin');

    expect(identityIn(shown, "subjectAltName")).toMatchObject({ subjectAltNames: [], user: undefined });
  });

  it("of a certificate without names has none", () => {
    expect(identityIn({} as unknown as PeerCertificate, "subjectAltName")).toEqual({
      commonName: undefined,
      subjectAltNames: [],
      user: undefined,
    });
  });
});
