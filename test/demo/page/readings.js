/** How far back the page remembers. */
export const WINDOW_MS = 5 * 60_000;
/** City means are taken over this long: each sensor is in each of them. */
export const BUCKET_MS = 2_000;
const SPARKLINE_READINGS = 60;
const SILENT_MS = 10_000;
/** A sensor this much above the median of its city is a hot spot. */
const HOT_DEGREES = 6;
// Whoever publishes chooses the names, so their number is bounded.
const MAXIMUM_SENSORS = 500;
const MAXIMUM_CITIES = 12;
const RATE_SECONDS = 5;

/** What arrived over MQTT, by sensor and by city. */
export class Readings {
  /** Each with its sensors and its means, in the order of their names. */
  cities = [];
  sensors = new Map();
  received = 0;
  /** Payloads that are no reading, and readings beyond the bounds. */
  ignored = 0;
  #arrivals = new Map();
  #lag = Number.POSITIVE_INFINITY;

  /** Takes one message; answers the sensor it changed, or undefined. */
  add(payload) {
    const arrivedAt = Date.now();
    this.#count(arrivedAt);
    const reading = parseReading(payload);
    const sensor = reading && this.#sensorOf(reading);
    if (sensor === undefined) {
      this.ignored++;
      return undefined;
    }
    // The clock of the sensors, as far as it can be seen from here.
    this.#lag = Math.min(this.#lag, arrivedAt - reading.at);
    sensor.readings.push(reading);
    if (sensor.readings.length > SPARKLINE_READINGS) sensor.readings.shift();
    sensor.arrivedAt = arrivedAt;
    addToBucket(sensor.city.buckets, reading);
    return sensor;
  }

  /** Now, by the clock of the sensors. */
  now() {
    return Date.now() - (Number.isFinite(this.#lag) ? this.#lag : 0);
  }

  /** Messages per second over the last full seconds. */
  rate() {
    const second = Math.floor(Date.now() / 1000);
    let total = 0;
    for (let back = 1; back <= RATE_SECONDS; back++) total += this.#arrivals.get(second - back) ?? 0;
    return total / RATE_SECONDS;
  }

  isLive(sensor) {
    return Date.now() - sensor.arrivedAt < SILENT_MS;
  }

  liveCount() {
    return [...this.sensors.values()].filter((sensor) => this.isLive(sensor)).length;
  }

  hotSpots() {
    return [...this.sensors.values()].filter((sensor) => isHot(sensor) && this.isLive(sensor));
  }

  forgetOld() {
    const oldest = Math.floor((this.now() - WINDOW_MS) / BUCKET_MS);
    for (const { buckets } of this.cities) {
      for (const bucket of buckets.keys()) if (bucket < oldest) buckets.delete(bucket);
    }
  }

  #count(arrivedAt) {
    this.received++;
    const second = Math.floor(arrivedAt / 1000);
    this.#arrivals.set(second, (this.#arrivals.get(second) ?? 0) + 1);
    for (const old of this.#arrivals.keys()) if (old < second - RATE_SECONDS) this.#arrivals.delete(old);
  }

  #sensorOf({ sensorId, location }) {
    const known = this.sensors.get(sensorId);
    if (known !== undefined || this.sensors.size >= MAXIMUM_SENSORS) return known;
    const [cityName, zone = ""] = location.split("/");
    const city = this.#cityOf(cityName);
    if (city === undefined) return undefined;
    const sensor = { sensorId, city, zone, readings: [], arrivedAt: 0 };
    this.sensors.set(sensorId, sensor);
    city.sensors.push(sensor);
    city.sensors.sort((one, other) => one.sensorId.localeCompare(other.sensorId));
    return sensor;
  }

  #cityOf(name) {
    const known = this.cities.find((city) => city.name === name);
    if (known !== undefined || this.cities.length >= MAXIMUM_CITIES) return known;
    const city = { name, sensors: [], buckets: new Map() };
    this.cities.push(city);
    this.cities.sort((one, other) => one.name.localeCompare(other.name));
    return city;
  }
}

export function lastOf(sensor) {
  return sensor.readings.at(-1);
}

export function isHot(sensor) {
  return lastOf(sensor).temperature - median(sensor.city.sensors) > HOT_DEGREES;
}

/** Mean of the sensors' last values. */
export function currentMean(city) {
  return mean(city.sensors.map((sensor) => lastOf(sensor).temperature));
}

/** The city's means as runs of [time, °C]; a new run begins where readings are missing. */
export function meansOf(city, from, to) {
  const runs = [];
  let previous;
  const last = Math.floor(to / BUCKET_MS) - 1; // the newest bucket is not complete yet
  for (const bucket of [...city.buckets.keys()].sort((one, other) => one - other)) {
    if (bucket * BUCKET_MS < from || bucket > last) continue;
    if (bucket - previous <= 2) runs.at(-1).push(pointOf(city, bucket));
    else runs.push([pointOf(city, bucket)]);
    previous = bucket;
  }
  return runs;
}

/** A sensor without a reading in this bucket counts with its neighbouring one: at the ends of a run some are missing. */
function pointOf({ buckets }, bucket) {
  const near = [bucket + 1, bucket - 1, bucket].flatMap((each) => [...(buckets.get(each) ?? [])]);
  return [(bucket + 0.5) * BUCKET_MS, mean([...new Map(near).values()])];
}

/** One value per sensor and bucket, so that every sensor weighs the same. */
function addToBucket(buckets, { at, sensorId, temperature }) {
  const bucket = Math.floor(at / BUCKET_MS);
  if (!buckets.has(bucket)) buckets.set(bucket, new Map());
  buckets.get(bucket).set(sensorId, temperature);
}

function parseReading(payload) {
  try {
    const { sensor_id, temperature, location, timestamp } = JSON.parse(payload);
    const at = Date.parse(timestamp);
    const isReading = typeof sensor_id === "string" && typeof location === "string";
    if (!isReading || !Number.isFinite(temperature) || Number.isNaN(at)) return undefined;
    return { sensorId: sensor_id, temperature, location, at };
  } catch {
    return undefined;
  }
}

function mean(values) {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

function median(sensors) {
  const values = sensors.map((sensor) => lastOf(sensor).temperature).sort((one, other) => one - other);
  return values[Math.floor(values.length / 2)];
}
