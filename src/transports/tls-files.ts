import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext, type SecureVersion } from "node:tls";
import { ConfigError, describe } from "../base/errors.ts";

/** The files of a TLS listener, all PEM. */
export interface TlsFiles {
  /** `listeners.1.tls`: where errors say the files are named. */
  readonly configKey: string;
  /** The broker's certificate, then the intermediate ones. */
  readonly cert: string;
  readonly key: string;
  /** The authorities that client certificates must come from. */
  readonly ca: string | null;
  /** Certificates that were revoked: a list for every authority in `ca`. */
  readonly crl: string | null;
  readonly minVersion: SecureVersion;
}

/** What a TLS server is given: all of it was read, parsed and found to belong together. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca: readonly string[] | undefined;
  readonly crl: readonly string[] | undefined;
  readonly minVersion: SecureVersion;
  /** The broker's own certificate. */
  readonly certificate: X509Certificate;
}

const CERTIFICATE = "CERTIFICATE";
const REVOCATION_LIST = "X509 CRL";

/** Reads and checks the files; rejects with a ConfigError that names key and file. */
export async function loadTlsFiles(files: TlsFiles): Promise<TlsMaterial> {
  const at = (name: "cert" | "key" | "ca" | "crl"): Place => ({
    key: `${files.configKey}.${name}`,
    path: files[name] ?? "",
  });
  const cert = await read(at("cert"));
  const key = await read(at("key"));
  const ca = files.ca === null ? undefined : certificatesIn(await read(at("ca")), at("ca"));
  const crl = files.crl === null ? undefined : revocationListsIn(await read(at("crl")), at("crl"));
  const [own] = certificatesIn(cert, at("cert")).map((text) => parseCertificate(text, at("cert")));
  if (own === undefined) throw problem(at("cert"), "holds no certificate");
  if (!own.checkPrivateKey(parseKey(key, at("key")))) {
    throw problem(at("key"), `is not the key of the certificate in ${files.cert}`);
  }
  const { minVersion } = files;
  tryTogether({ cert, key, minVersion }, at("cert"));
  return { cert, key, ca, crl, minVersion, certificate: own };
}

/** A configuration key and the file it names. */
interface Place {
  readonly key: string;
  readonly path: string;
}

function problem({ key, path }: Place, what: string, cause?: unknown): ConfigError {
  return new ConfigError(`${key}: ${path} ${what}`, { cause });
}

async function read(place: Place): Promise<string> {
  try {
    return await readFile(place.path, "latin1"); // PEM is ASCII; what stands around it does not matter
  } catch (error) {
    throw problem(place, `cannot be read: ${describe(error)}`, error);
  }
}

function certificatesIn(text: string, place: Place): readonly string[] {
  const blocks = pemBlocks(text, CERTIFICATE);
  if (blocks.length === 0) throw problem(place, "holds no certificate in PEM form");
  for (const block of blocks) parseCertificate(block, place);
  return blocks;
}

function revocationListsIn(text: string, place: Place): readonly string[] {
  const blocks = pemBlocks(text, REVOCATION_LIST);
  if (blocks.length === 0) throw problem(place, "holds no revocation list in PEM form");
  try {
    createSecureContext({ crl: [...blocks] });
  } catch (error) {
    throw problem(place, `holds a revocation list that cannot be read: ${describe(error)}`, error);
  }
  return blocks;
}

/** Every block by itself: some of Node's readers take only the first of a text. */
function pemBlocks(text: string, label: string): readonly string[] {
  const blocks = text.matchAll(new RegExp(`-----BEGIN ${label}-----[^-]*(?:-----END ${label}-----)?`, "g"));
  return [...blocks].map(([block]) => `${block}\n`);
}

function parseCertificate(text: string, place: Place): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (error) {
    throw problem(place, `holds a certificate that cannot be read: ${describe(error)}`, error);
  }
}

function parseKey(text: string, place: Place): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (error) {
    const isEncrypted = text.includes("ENCRYPTED"); // both PEM forms say so; OpenSSL only says that it gave up
    const what = isEncrypted
      ? "is encrypted: store it without a passphrase"
      : "holds no private key that can be read";
    throw problem(place, what, error);
  }
}

/** What OpenSSL alone knows to refuse: a key that is too small, say. */
function tryTogether(material: Parameters<typeof createSecureContext>[0], place: Place): void {
  try {
    createSecureContext(material);
  } catch (error) {
    throw problem(place, `cannot be used: ${describe(error)}`, error);
  }
}
