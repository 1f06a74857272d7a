const TIMEOUT_MS = 1_000;
const SAMPLE = /^causeway_bridge_(\w+)\{([^}]*)\} (\S+)$/gm;

/** What the broker's metrics say about each bridge; `state` is unknown while the broker does not answer. */
export async function bridgeFigures(bridges, adminAddress) {
  if (bridges.length === 0) return [];
  const samples = await readSamples(adminAddress);
  return bridges.map(({ config: { name }, system, target }) => {
    const own = samples.filter(({ labels }) => labels.bridge === name);
    const total = (metric) => sum(own.filter((sample) => sample.metric === metric));
    const state = own.find(({ metric, value }) => metric === "state" && value === 1)?.labels.state;
    return {
      name,
      system,
      target,
      state: state ?? "unknown",
      delivered: total("delivered_total"),
      queued: total("queued_messages"),
      dropped: own.filter(({ metric, value }) => metric === "dropped_total" && value > 0).map(reasonAndCount),
    };
  });
}

async function readSamples(adminAddress) {
  try {
    const answer = await fetch(`http://${adminAddress}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return [...(await answer.text()).matchAll(SAMPLE)].map(([, metric, labels, value]) => ({
      metric,
      labels: Object.fromEntries(
        [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, text]) => [name, text]),
      ),
      value: Number(value),
    }));
  } catch {
    return []; // the broker is being started again
  }
}

function reasonAndCount({ labels: { reason }, value }) {
  return { reason: reason.replaceAll("_", " "), count: value };
}

function sum(samples) {
  return samples.reduce((total, { value }) => total + value, 0);
}
