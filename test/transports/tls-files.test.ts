import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { ConfigError } from "../../src/base/errors.ts";
import { TlsContext } from "../../src/transports/tls-context.ts";
import { loadTlsFiles } from "../../src/transports/tls-files.ts";
import { CertificateAuthority, type CertificateFiles } from "../support/certificates.ts";
import { describeWithService } from "../support/services/services.ts";
import { temporaryFolder } from "./temporary-folder.ts";
import { RecordingLogger, tlsOptions } from "./tls-rig.ts";

let authority: CertificateAuthority;
let server: CertificateFiles;

describeWithService("openssl", "files of TLS", () => {
  beforeAll(async () => {
    authority = await CertificateAuthority.create();
    server = await authority.issue({ subject: "/CN=broker" });
  });

  afterAll(() => authority.remove());

  async function aFile(text: string): Promise<string> {
    const path = join(await temporaryFolder(), "file.pem");
    await writeFile(path, text);
    return path;
  }

  async function problemWith(files: Parameters<typeof tlsOptions>[0]): Promise<string> {
    const error = await loadTlsFiles(tlsOptions(files)).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }

  describe("TLS files", () => {
    it("may hold several authorities and several lists", async () => {
      const another = await CertificateAuthority.create("Another CA");
      const texts = async (...paths: string[]): Promise<string> =>
        (await Promise.all(paths.map((path) => readFile(path, "utf8")))).join("some text between\n");
      const ca = await aFile(await texts(authority.cert, another.cert));
      const crl = await aFile(await texts(await authority.revocationList(), await another.revocationList()));

      const material = await loadTlsFiles(tlsOptions({ ...server, ca, crl }));

      expect(material.ca).toHaveLength(2);
      expect(material.crl).toHaveLength(2);
      expect(material.certificate.subject).toBe("CN=broker");
      await another.remove();
    });

    it.each(["cert", "key", "ca", "crl"] as const)(
      "that are missing are named with their key: %s",
      async (name) => {
        expect(await problemWith({ ...server, [name]: "/nowhere/file.pem" })).toMatch(
          new RegExp(`^listeners\\.0\\.tls\\.${name}: /nowhere/file\\.pem cannot be read: ENOENT`),
        );
      },
    );

    it.each(["cert", "ca"] as const)("must hold certificates: %s", async (name) => {
      const path = await aFile("nothing of the kind");

      expect(await problemWith({ ...server, [name]: path })).toBe(
        `listeners.0.tls.${name}: ${path} holds no certificate in PEM form`,
      );
    });

    it("must hold certificates that are whole", async () => {
      const path = await aFile("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

      expect(await problemWith({ ...server, ca: path })).toContain("holds a certificate that cannot be read");
    });

    it("must hold the certificate's own key", async () => {
      const other = await authority.issue({ subject: "/CN=other" });

      expect(await problemWith({ ...server, key: other.key })).toBe(
        `listeners.0.tls.key: ${other.key} is not the key of the certificate in ${server.cert}`,
      );
    });

    it("must hold a key", async () => {
      const path = await aFile("no key");

      expect(await problemWith({ ...server, key: path })).toBe(
        `listeners.0.tls.key: ${path} holds no private key that can be read`,
      );
    });

    it("must hold a key without a passphrase", async () => {
      const path = await aFile("");
      await promisify(execFile)("openssl", [
        ...["pkcs8", "-topk8", "-in", server.key, "-out", path, "-passout", "pass:secret"],
      ]);

      expect(await problemWith({ ...server, key: path })).toBe(
        `listeners.0.tls.key: ${path} is encrypted: store it without a passphrase`,
      );
    });

    it("must hold a revocation list that can be read", async () => {
      const empty = await aFile("no list");
      const broken = await aFile("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");

      expect(await problemWith({ ...server, crl: empty })).toContain("holds no revocation list in PEM form");
      expect(await problemWith({ ...server, crl: broken })).toContain(
        "holds a revocation list that cannot be read",
      );
    });

    it("are used with a warning when the certificate has expired", async () => {
      const expired = await authority.issue({ subject: "/CN=broker", days: -1 });
      const logger = new RecordingLogger();
      const context = new TlsContext(tlsOptions(expired), { clock: systemClock, logger }, () => {});

      await context.load();
      context.close();

      expect(logger.lines).toEqual([`warn: listeners.0.tls.cert: ${expired.cert} is not valid today`]);
    });
  });
});
