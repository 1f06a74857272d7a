// Shows what waits, the most urgent first, and ends: node take.js URL
import { connect } from "amqplib";

const connection = await connect(process.argv[2]);
const channel = await connection.createChannel();
await channel.assertQueue("notices", { durable: true, maxPriority: 10, messageTtl: 3_600_000 });
for (let notice = await channel.get("notices"); notice !== false; notice = await channel.get("notices")) {
  console.log(`notice: ${notice.content}`);
  channel.ack(notice);
}
await channel.close(); // after the acknowledgements
await connection.close();
