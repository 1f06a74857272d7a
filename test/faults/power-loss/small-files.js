import { ClassicLevel } from "classic-level";

/** Loaded into the broker with `--import`: LevelDB begins new files as often as it can, so that a short run has many. */
const open = ClassicLevel.prototype._open;
ClassicLevel.prototype._open = function openSmall(options) {
  return open.call(this, { ...options, writeBufferSize: 64 * 1024, maxFileSize: 1024 * 1024 });
};
