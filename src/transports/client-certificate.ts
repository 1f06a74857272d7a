import type { PeerCertificate } from "node:tls";
import type { ClientCertificate } from "../base/byte-stream.ts";

/** Which part of a client's certificate is its user name; `none`: the client says itself who it is. */
export type CertificateUser = "none" | "commonName" | "subjectAltName";

const NAME_KINDS: ReadonlySet<string> = new Set(["DNS", "email", "URI"]);

/** Control characters have no place in a name that goes into rules, logs and headers. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f]/;

/** What a verified certificate says of its owner. */
export function identityIn(
  certificate: PeerCertificate,
  certificateUser: CertificateUser,
): ClientCertificate {
  const commonName = nameIn(certificate.subject?.CN);
  const subjectAltNames = alternativeNamesIn(certificate.subjectaltname ?? "");
  const user = { none: undefined, commonName, subjectAltName: subjectAltNames[0] }[certificateUser];
  return { commonName, subjectAltNames, user };
}

/** Node gives a list when the subject has several; which one would count is a guess nobody should make. */
function nameIn(value: unknown): string | undefined {
  return typeof value === "string" && isName(value) ? value : undefined;
}

function isName(value: string): boolean {
  return value !== "" && !UNPRINTABLE.test(value);
}

const ALTERNATIVE_NAME = /([^:,]+):(?:("(?:[^"\\]|\\.)*")|([^,]*))(?:, |$)/gy;

/** names => kind ":" value ", " …; a value with special characters is a JSON string. */
function alternativeNamesIn(text: string): readonly string[] {
  const names: string[] = [];
  for (const [, kind = "", quoted, plain] of text.matchAll(ALTERNATIVE_NAME)) {
    const value = quoted === undefined ? plain : unquote(quoted);
    if (NAME_KINDS.has(kind) && value !== undefined && isName(value)) names.push(value);
  }
  return names;
}

function unquote(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined; // not the form Node documents: no name is better than a wrong one
  }
}
