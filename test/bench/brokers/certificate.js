import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "./programs.js";

/** @typedef {{ cert: string, key: string }} Certificate Files. */

/** A certificate for localhost that signs itself; its folder goes when the process ends. @returns {Certificate} */
export function makeCertificate() {
  const openssl = findProgram("openssl");
  if (openssl === undefined) throw new Error("TLS needs the program openssl");
  const folder = mkdtempSync(join(tmpdir(), "causeway-bench-certificate-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const files = { cert: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  execFileSync(
    openssl,
    [
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
      ],
      ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
      ...["-keyout", files.key, "-out", files.cert],
    ],
    { stdio: "ignore" },
  );
  return files;
}
