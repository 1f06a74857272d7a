import { MemoryDisk } from "../../../src/storage/memory/memory-disk.ts";
import { MemoryStore } from "../../../src/storage/memory/memory-store.ts";
import { stateStoreSuite } from "../../contract/state-store.suite.ts";

stateStoreSuite("MemoryStore", async () => {
  const disk = new MemoryDisk();
  return { make: () => new MemoryStore(disk), kill: async () => {}, destroy: async () => {} };
});
