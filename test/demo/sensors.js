import mqtt from "mqtt";

const INTERVAL_MS = 1_000;
const RECONNECT_MS = 1_000;
const END_MS = 2_000;
/** Readings a sensor keeps while the broker is away; it measures no more until they are acknowledged. */
const MAXIMUM_WAITING = 300;

/** One MQTT client per place of the climate; each publishes a reading per second at QoS 1. */
export function startSensors(url, climate) {
  const sensors = climate.places.map((place, index) => startSensor(url, climate, place, index));
  const sum = (count) => sensors.reduce((total, sensor) => total + count(sensor), 0);
  let last = { at: Date.now(), acknowledged: 0 };

  return {
    count: sensors.length,
    /** One line about now and about the time since the last call. */
    status() {
      const now = { at: Date.now(), acknowledged: sum((sensor) => sensor.acknowledged) };
      const rate = ((now.acknowledged - last.acknowledged) * 1000) / Math.max(1, now.at - last.at);
      last = now;
      const connected = sum(({ client }) => Number(client.connected));
      const waiting = sum((sensor) => sensor.waiting);
      return `${connected} of ${sensors.length} sensors connected, ${now.acknowledged} readings acknowledged (${rate.toFixed(1)}/s), ${waiting} waiting`;
    },
    async close() {
      await Promise.all(sensors.map(stopSensor));
    },
  };
}

function startSensor(url, climate, place, index) {
  const client = mqtt.connect(url, {
    clientId: `sensor-${place.sensorId}`,
    protocolVersion: index % 2 === 0 ? 5 : 4,
    reconnectPeriod: RECONNECT_MS,
    connectTimeout: 5_000,
  });
  const sensor = { client, waiting: 0, acknowledged: 0, timer: undefined };
  client.on("error", () => {}); // it connects again by itself; the status line tells how many are connected
  // Spread over the second, so that not all readings come at once.
  sensor.timer = setTimeout(
    () => {
      sensor.timer = setInterval(() => publish(sensor, climate, place), INTERVAL_MS);
    },
    (index * 7919) % INTERVAL_MS,
  );
  return sensor;
}

function publish(sensor, climate, place) {
  if (sensor.waiting >= MAXIMUM_WAITING) return;
  const now = Date.now();
  const reading = {
    sensor_id: place.sensorId,
    temperature: climate.temperatureAt(place, now),
    location: place.location,
    timestamp: new Date(now).toISOString(),
  };
  sensor.waiting++;
  sensor.client.publish(place.topicName, JSON.stringify(reading), { qos: 1 }, (error) => {
    sensor.waiting--;
    if (!error) sensor.acknowledged++;
  });
}

function stopSensor({ client, timer }) {
  clearTimeout(timer);
  return new Promise((resolve) => {
    const patience = setTimeout(() => client.end(true, resolve), END_MS);
    client.end(!client.connected, () => {
      clearTimeout(patience);
      resolve();
    });
  });
}
