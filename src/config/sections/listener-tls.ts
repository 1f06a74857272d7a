import { z } from "zod";

const file = z.string().min(1);

/** `tls:` of a listener. The files are read again on SIGHUP and when they change. */
export const listenerTls = z
  .strictObject({
    cert: file.describe("PEM file: the broker's certificate, then the intermediate ones"),
    key: file.describe("PEM file: the certificate's private key, without a passphrase"),
    ca: file
      .nullable()
      .default(null)
      .describe("PEM file: the authorities whose client certificates are accepted"),
    crl: file
      .nullable()
      .default(null)
      .describe("PEM file: revocation lists, one for every authority in ca; null revokes nothing"),
    requestCert: z
      .literal([false, true, "optional", "required"])
      .default(false)
      .describe("Client certificates: false (not asked for), optional, or required (true is the same)"),
    minVersion: z.enum(["TLSv1.2", "TLSv1.3"]).default("TLSv1.2").describe("TLSv1.2 or TLSv1.3"),
  })
  .refine(({ requestCert, ca }) => requestCert === false || ca !== null, {
    path: ["ca"],
    error: "requestCert needs the authorities that client certificates must come from",
  })
  .refine(({ requestCert, crl }) => requestCert !== false || crl === null, {
    path: ["crl"],
    error: "is of no use without requestCert",
  });

export const certificateUser = z
  .enum(["none", "commonName", "subjectAltName"])
  .default("none")
  .describe(
    "Take the user from the client's certificate, without password: none, commonName or subjectAltName",
  );
