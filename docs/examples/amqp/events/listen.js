// Shows every event from now on: node listen.js URL
import { connect } from "amqplib";

const connection = await connect(process.argv[2]);
const channel = await connection.createChannel();
await channel.assertExchange("events", "fanout", { durable: true });
const { queue } = await channel.assertQueue("", { exclusive: true }); // goes with this connection
await channel.bindQueue(queue, "events", "");
await channel.consume(queue, (event) => console.log(`event: ${event?.content}`), { noAck: true });
console.log("listening");
