/** How each figure is called and written. */
export const figures = {
  perSecond: { title: "msg/s", write: thousands },
  brokerMicros: { title: "CPU µs/msg", write: fixed(2) },
  p50Ms: { title: "p50 ms", write: fixed(2) },
  p99Ms: { title: "p99 ms", write: fixed(2) },
  p999Ms: { title: "p99.9 ms", write: fixed(2) },
  longestMs: { title: "longest ms", write: fixed(1) },
  storeMicros: { title: "µs/msg", write: fixed(2) },
  connectMicros: { title: "CPU µs/connect", write: fixed(1) },
  connectsPerSecond: { title: "connects/s", write: thousands },
  bytesPerConnection: { title: "bytes per connection", write: thousands },
  startMs: { title: "start ms", write: thousands },
  firstMs: { title: "first message ms", write: fixed(1) },
  longestStallMs: { title: "longest stall ms", write: fixed(1) },
  retainedPerSecond: { title: "retained/s", write: thousands },
  deliveredPerSecond: { title: "delivered/s", write: thousands },
  queuedPerSecond: { title: "queued/s", write: thousands },
  drainedPerSecond: { title: "drained/s", write: thousands },
  memoryFullBytes: { title: "memory MiB when queued", write: mebibytes },
  memoryQueuedBytes: { title: "memory growth MiB when queued", write: mebibytes },
  memoryQueuedAnonBytes: { title: "queued MiB without files", write: mebibytes },
  memoryDrainedBytes: { title: "memory growth MiB when drained", write: mebibytes },
  memoryDrainedAnonBytes: { title: "drained MiB without files", write: mebibytes },
  memoryGrowthBytes: { title: "memory growth MiB", write: mebibytes },
  brokerPeakBytes: { title: "peak MiB", write: mebibytes },
  diskFullBytes: { title: "disk MiB before drain", write: mebibytes },
  diskDrainedBytes: { title: "disk MiB after drain", write: mebibytes },
  diskLeftBytes: { title: "disk MiB left", write: mebibytes },
  spaceBackMs: { title: "space back after ms", write: thousands },
  writtenPerPayloadByte: { title: "bytes written per payload byte", write: fixed(1) },
  storeOperationsPerMessage: { title: "puts and deletes/msg", write: fixed(2) },
};

/** "–" where there is none. */
export function writeFigure(name, value) {
  return isThere(value) ? figures[name].write(value) : "–";
}

/** 9.9 ×, 122 ×, 0.25 ×. */
export function writeRatio(value) {
  if (!isThere(value)) return "–";
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(value >= 1.95 ? 1 : 2)} ×`;
}

function isThere(value) {
  return value !== undefined && value !== null && Number.isFinite(value);
}

function thousands(value) {
  return Math.round(value).toLocaleString("en-US");
}

function fixed(decimals) {
  return (value) => value.toFixed(decimals);
}

function mebibytes(value) {
  return (value / 2 ** 20).toFixed(1);
}
