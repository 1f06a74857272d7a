import { AccessControl } from "../auth/access-control.ts";
import { AclFile } from "../auth/acl/acl-file.ts";
import { AnonymousPolicy } from "../auth/anonymous-policy.ts";
import { PasswordFile } from "../auth/password-file.ts";
import { describe } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { BrokerConfig } from "../config/broker-config.ts";

export interface OpenedAuthorization {
  readonly control: AccessControl;
  /** Reads the files again; one that cannot be used is reported and the last good one stays in force. */
  reload(): Promise<void>;
}

/** Who may connect, and what they may do. */
export async function openAuthorization(
  { auth, listeners }: BrokerConfig,
  logger: Logger,
): Promise<OpenedAuthorization> {
  const { anonymous, passwordFile, aclFile } = auth;
  const users = passwordFile === null ? undefined : await PasswordFile.load(passwordFile);
  const acl = aclFile === null ? undefined : await AclFile.load(aclFile);
  const isReachable = listeners.some(isReachableFromElsewhere);
  if (anonymous === "always" && isReachable) {
    logger.warn({}, "anyone who reaches a listener may connect without a password: auth.anonymous is always");
  }
  const control = new AccessControl({ anonymous: new AnonymousPolicy(anonymous), users, acl });
  const reload = async (): Promise<void> => {
    await reloadFile(users, "password file", logger);
    await reloadFile(acl, "ACL file", logger);
  };
  return { control, reload };
}

function isReachableFromElsewhere(listener: BrokerConfig["listeners"][number]): boolean {
  if (listener.type === "admin" || listener.type === "unix") return false;
  return !isLoopbackHost(listener.bind.host) || listener.proxyProtocol !== false;
}

function isLoopbackHost(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

async function reloadFile(
  file: { reload(): Promise<void> } | undefined,
  name: string,
  logger: Logger,
): Promise<void> {
  try {
    await file?.reload();
    if (file !== undefined) logger.info({}, `${name} reloaded`);
  } catch (error) {
    logger.error({}, `${name} not reloaded, the last good one stays in force: ${describe(error)}`);
  }
}
