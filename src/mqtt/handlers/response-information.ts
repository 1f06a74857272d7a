import type { Identity } from "../ports.ts";

/**
 * The start of the topics on which a client takes answers (MQTT 5 §4.10.1): `template` with `%c` and `%u` replaced by
 * client id and user name, as in the patterns of the ACL file. None where a name would change the topic's levels.
 */
export function responseInformation(template: string, { clientId, user }: Identity): string | undefined {
  if (template.includes("%c") && !isOneLevel(clientId)) return undefined;
  if (template.includes("%u") && !isOneLevel(user)) return undefined;
  return template.replace(/%[cu]/g, (mark) => (mark === "%c" ? clientId : user));
}

function isOneLevel(name: string): boolean {
  return name !== "" && !name.startsWith("$") && !/[+#/]/.test(name);
}
