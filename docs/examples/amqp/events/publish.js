// Tells everyone who listens: node publish.js URL EVENT...
import { connect } from "amqplib";

const [url, ...events] = process.argv.slice(2);
const connection = await connect(url);
const channel = await connection.createConfirmChannel();
await channel.assertExchange("events", "fanout", { durable: true });
for (const event of events) channel.publish("events", "", Buffer.from(event));
await channel.waitForConfirms();
await connection.close();
console.log(`published ${events.length} events`);
