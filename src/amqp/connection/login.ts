import type { ByteStream } from "../../base/byte-stream.ts";
import type { ClientId } from "../../base/ids.ts";
import { fieldNamed, textOf } from "../../base/table-fields.ts";
import { AmqpConnectionError } from "../codec/amqp-error.ts";
import { FieldReader } from "../codec/field-reader.ts";
import { METHOD_IDS } from "../codec/methods.generated.ts";
import { ReplyCode } from "../codec/reply-codes.generated.ts";
import { readTable } from "../codec/table-reader.ts";
import type { Authorization, AuthResult, Credentials } from "../ports.ts";

const FAILING = METHOD_IDS["connection.start-ok"];
/** What clients say when nobody told them who they are. */
const DEFAULT_USER = "guest";
const DEFAULT_PASSWORD = "guest";

export interface Login {
  readonly userName: string;
  readonly password: Buffer;
}

/** SASL mechanisms offered: EXTERNAL to those whose certificate says who they are. */
export function mechanismsFor({ clientCertificate }: ByteStream): string {
  return clientCertificate?.user === undefined ? "PLAIN AMQPLAIN" : "EXTERNAL PLAIN AMQPLAIN";
}

/** Who the client says it is; throws when it does not say it in a way that was offered. */
export function readLogin(mechanism: string, response: Buffer, stream: ByteStream): Login {
  switch (mechanism) {
    case "PLAIN":
      return readPlain(response);
    case "AMQPLAIN":
      return readAmqplain(response);
    case "EXTERNAL": {
      const user = stream.clientCertificate?.user;
      if (user !== undefined) return { userName: user, password: Buffer.alloc(0) };
    }
  }
  const detail = `unknown authentication mechanism '${mechanism}'`;
  throw new AmqpConnectionError(ReplyCode.CommandInvalid, detail, FAILING);
}

/**
 * Asks about a login. `guest` with the password `guest` is what clients send when nobody configured them: unless there
 * is such a user, it counts as no user name at all.
 */
export async function checkLogin(
  { userName, password }: Login,
  clientId: ClientId,
  stream: ByteStream,
  authorization: Authorization,
): Promise<AuthResult> {
  const common = {
    clientId,
    isLoopback: stream.isLoopback,
    certificateUser: stream.clientCertificate?.user,
  };
  const credentials: Credentials = { ...common, username: userName, password };
  const result = await authorization.authenticate(credentials);
  if (result.accepted || userName !== DEFAULT_USER || password.toString() !== DEFAULT_PASSWORD) return result;
  return authorization.authenticate({ ...common, username: undefined, password: undefined });
}

/** [authorization identity] NUL user NUL password (RFC 4616). */
function readPlain(response: Buffer): Login {
  const first = response.indexOf(0);
  const second = response.indexOf(0, first + 1);
  if (first < 0 || second < 0) throw unreadable("PLAIN");
  return {
    userName: response.toString("utf8", first + 1, second),
    password: Buffer.from(response.subarray(second + 1)),
  };
}

/** A table without its length, with LOGIN and PASSWORD. */
function readAmqplain(response: Buffer): Login {
  const table = Buffer.alloc(4 + response.length);
  table.writeUInt32BE(response.length, 0);
  response.copy(table, 4);
  const fields = readTable(new FieldReader(table, 0, table.length, FAILING));
  const userName = textOf(fieldNamed(fields, "LOGIN"));
  const password = fieldNamed(fields, "PASSWORD");
  if (userName === undefined || password?.type !== "S") throw unreadable("AMQPLAIN");
  return { userName, password: Buffer.from(password.value) };
}

function unreadable(mechanism: string): AmqpConnectionError {
  const detail = `no user name and password in the response of ${mechanism}`;
  return new AmqpConnectionError(ReplyCode.SyntaxError, detail, FAILING);
}
