// Aedes with aedes-persistence-level, as its README starts it: node aedes-server.js FOLDER
import { createServer } from "node:net";
import { Aedes } from "aedes";
import createPersistence from "aedes-persistence-level";
import { ClassicLevel } from "classic-level";

const database = new ClassicLevel(process.argv[2], { valueEncoding: "buffer" });
await database.open();
const aedes = await Aedes.createBroker({ persistence: createPersistence(database) });
const server = createServer({ noDelay: true }, aedes.handle);
server.listen(0, "127.0.0.1", () => process.stdout.write(`listening on ${server.address().port}\n`));
