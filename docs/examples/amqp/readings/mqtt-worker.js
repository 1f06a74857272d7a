// Takes readings from the same queue over MQTT: node mqtt-worker.js mqtt://127.0.0.1:1883
import { connectAsync } from "mqtt";

const client = await connectAsync(process.argv[2]);
client.on("message", (topic, payload) =>
  console.log(`reading ${JSON.parse(String(payload)).id} of ${topic}`),
);
await client.subscribeAsync("$queue/readings", { qos: 1 });
console.log("waiting for readings");
