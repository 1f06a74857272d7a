/** The variables that configure the broker; the only place that reads the environment. */
export function readEnvironment(): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const [name, value] of Object.entries(process.env)) {
    if (name.startsWith("CAUSEWAY_") && value !== undefined) variables.set(name, value);
  }
  return variables;
}
