// Ten sensors publish readings over MQTT, each acknowledged: node sensors.js mqtt://127.0.0.1:1883 NUMBER
import { connectAsync } from "mqtt";

const [url, number] = process.argv.slice(2);
const client = await connectAsync(url);
const published = Array.from({ length: Number(number) }, (_, id) => {
  const reading = JSON.stringify({ id, celsius: 20 + (id % 7) });
  return client.publishAsync(`sensors/${id % 10}/temperature`, reading, { qos: 1 });
});
await Promise.all(published);
await client.endAsync();
console.log(`published ${number} readings`);
