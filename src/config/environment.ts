/** Kubernetes gives these to every container beside a service named causeway or causeway-…; they are not ours. */
const SERVICE_LINK =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_[A-Z0-9_]+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_[A-Z]+)?)?)$/;

/** The variables that configure the broker; the only place that reads the environment. */
export function readEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const [name, value] of Object.entries(environment)) {
    const isOurs = name.startsWith("CAUSEWAY_") && !SERVICE_LINK.test(name);
    if (isOurs && value !== undefined) variables.set(name, value);
  }
  return variables;
}
