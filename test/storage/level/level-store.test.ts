import { silentLogger } from "../../../src/base/logger.ts";
import { LevelStore } from "../../../src/storage/level/level-store.ts";
import { stateStoreSuite } from "../../contract/state-store.suite.ts";
import { removeFolder, temporaryFolder } from "./temporary-folder.ts";

stateStoreSuite("LevelStore", async () => {
  const folder = await temporaryFolder();
  return {
    make: () => new LevelStore({ folder, sync: false }, silentLogger),
    kill: (store) => store.close(),
    destroy: () => removeFolder(folder),
  };
});
