import { chmod, chown, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { ConfigError, describe } from "../base/errors.ts";

/** What changing a password file needs; src/auth has the file's rules. */
export interface PasswordPorts {
  isUserName(user: string): boolean;
  hashPassword(password: string): Promise<string>;
  /** The text with the user's line replaced or added. */
  withPasswordLine(text: string, user: string, hash: string): string;
  /** Asks for the password; resolves with an empty one when there is no input. */
  readPassword(): Promise<string>;
}

export interface PasswordRequest {
  readonly passwordFile: string;
  readonly user: string;
}

/** `causeway passwd FILE USER`: sets one user's password. A new file is readable by its owner only. */
export async function setPassword(
  { passwordFile, user }: PasswordRequest,
  ports: PasswordPorts,
): Promise<string> {
  if (!ports.isUserName(user)) {
    throw new ConfigError(`${JSON.stringify(user)}: a user name is not empty, has no ":" and no line break`);
  }
  const password = await ports.readPassword();
  if (password === "") throw new ConfigError("the password is empty; nothing was changed");
  const text = await currentText(passwordFile);
  const changed = ports.withPasswordLine(text, user, await ports.hashPassword(password));
  await replaceFile(passwordFile, changed);
  return `${passwordFile}: the password of ${user} is set`;
}

async function currentText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if (isMissing(cause)) return "";
    throw new ConfigError(`${file}: ${describe(cause)}`, { cause });
  }
}

/** A reader of the file sees the old content or the new, never half of it. */
async function replaceFile(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.new`;
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: "wx", flush: true });
    await copyOwnership(file, temporary);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new ConfigError(`${file}: ${describe(cause)}`, { cause });
  }
}

/** The broker may run as another user than whoever sets passwords: it must still be able to read the file. */
async function copyOwnership(from: string, to: string): Promise<void> {
  try {
    const { mode, uid, gid } = await stat(from);
    await chmod(to, mode & 0o777);
    await chown(to, uid, gid);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
