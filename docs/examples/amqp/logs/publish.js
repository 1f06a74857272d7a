// Publishes a line of a log: node publish.js URL SOURCE.SEVERITY LINE
import { connect } from "amqplib";

const [url, key, line] = process.argv.slice(2);
const connection = await connect(url);
const channel = await connection.createConfirmChannel();
await channel.assertExchange("logs", "topic", { durable: true });
channel.publish("logs", key, Buffer.from(line));
await channel.waitForConfirms();
await connection.close();
