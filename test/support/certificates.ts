import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A certificate and its key, as PEM files. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateRequest {
  /** `/CN=broker/O=example`. */
  readonly subject: string;
  /** `DNS:localhost,IP:127.0.0.1`. */
  readonly subjectAltName?: string;
  /** Days from now; negative for one that has expired. */
  readonly days?: number;
}

/** A certificate authority for tests, made by the openssl program in a folder of its own. */
export class CertificateAuthority {
  readonly folder: string;
  #count = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(name = "Test CA"): Promise<CertificateAuthority> {
    const authority = new CertificateAuthority(await mkdtemp(join(tmpdir(), "causeway-ca-")));
    await authority.#prepare(name);
    return authority;
  }

  get cert(): string {
    return join(this.folder, "ca.pem");
  }

  get #key(): string {
    return join(this.folder, "ca.key");
  }

  /** A certificate signed by this authority. */
  async issue({ subject, subjectAltName, days = 30 }: CertificateRequest): Promise<CertificateFiles> {
    const name = join(this.folder, `issued-${++this.#count}`);
    const files = { cert: `${name}.pem`, key: `${name}.key` };
    const extensions = ["basicConstraints=CA:FALSE"];
    if (subjectAltName !== undefined) extensions.push(`subjectAltName=${subjectAltName}`);
    await writeFile(`${name}.ext`, `${extensions.join("\n")}\n`);
    await this.#openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", files.key]);
    await this.#openssl(["req", "-new", "-utf8", "-key", files.key, "-subj", subject, "-out", `${name}.csr`]);
    await this.#openssl([
      ...["ca", "-batch", "-notext", "-utf8", "-config", join(this.folder, "ca.conf")],
      ...["-in", `${name}.csr`, "-out", files.cert, "-extfile", `${name}.ext`],
      ...(days < 0 ? ["-startdate", dateIn(days - 1), "-enddate", dateIn(days)] : ["-days", String(days)]),
    ]);
    return files;
  }

  /** Revokes the certificate; the next list has it. */
  async revoke({ cert }: CertificateFiles): Promise<void> {
    await this.#openssl(["ca", "-config", join(this.folder, "ca.conf"), "-revoke", cert]);
  }

  /** Writes the list of all that was revoked so far, to a file of this name in the folder. */
  async revocationList(name = "ca.crl"): Promise<string> {
    const path = join(this.folder, name);
    await this.#openssl(["ca", "-config", join(this.folder, "ca.conf"), "-gencrl", "-out", path]);
    return path;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }

  async #prepare(name: string): Promise<void> {
    const { folder } = this;
    const lines = [
      ...["[ca]", "default_ca = own", "[own]", `database = ${folder}/index.txt`, `new_certs_dir = ${folder}`],
      ...[`certificate = ${this.cert}`, `private_key = ${this.#key}`, "rand_serial = yes"],
      ...["default_md = sha256", "default_crl_days = 30", "default_days = 30", "unique_subject = no"],
      ...["policy = any", "[any]", "commonName = optional", "organizationName = optional"],
      ...["organizationalUnitName = optional"],
    ];
    await writeFile(join(folder, "ca.conf"), `${lines.join("\n")}\n`);
    await writeFile(join(folder, "index.txt"), "");
    await this.#openssl(["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", this.#key]);
    await this.#openssl([
      ...[
        "req",
        "-x509",
        "-new",
        "-key",
        this.#key,
        "-subj",
        `/CN=${name}`,
        "-days",
        "30",
        "-out",
        this.cert,
      ],
      ...["-addext", "keyUsage=critical,keyCertSign,cRLSign"],
    ]);
  }

  async #openssl(args: readonly string[]): Promise<void> {
    await run("openssl", args);
  }
}

/** A date as `openssl ca` reads it. */
function dateIn(days: number): string {
  return `${new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]/g, "").slice(0, 14)}Z`;
}
