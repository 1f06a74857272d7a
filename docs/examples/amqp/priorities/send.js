// Queues messages by priority; one is of no use after a millisecond: node send.js URL
import { connect } from "amqplib";

const connection = await connect(process.argv[2]);
const channel = await connection.createConfirmChannel();
await channel.assertQueue("notices", { durable: true, maxPriority: 10, messageTtl: 3_600_000 });
const send = (text, options) =>
  channel.sendToQueue("notices", Buffer.from(text), { persistent: true, ...options });
send("door is open", { priority: 9, expiration: "1" });
send("newsletter", { priority: 1 });
send("water in the cellar", { priority: 9 });
send("filter to be changed", { priority: 5 });
await channel.waitForConfirms();
await connection.close();
