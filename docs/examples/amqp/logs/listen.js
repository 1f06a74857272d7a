// Shows the lines whose keys match: node listen.js URL '*.error'
import { connect } from "amqplib";

const [url, ...patterns] = process.argv.slice(2);
const connection = await connect(url);
const channel = await connection.createChannel();
await channel.assertExchange("logs", "topic", { durable: true });
const { queue } = await channel.assertQueue("", { exclusive: true });
for (const pattern of patterns) await channel.bindQueue(queue, "logs", pattern);
await channel.consume(queue, (line) => console.log(`[${line?.fields.routingKey}] ${line?.content}`), {
  noAck: true,
});
console.log(`listening for ${patterns.join(", ")}`);
