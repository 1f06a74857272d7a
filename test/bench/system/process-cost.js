import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** USER_HZ: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const BLOCK_BYTES = 512;

/** utime + stime of all threads of a process and its children. */
export function cpuSecondsOf(pid) {
  return sumOf(pid, (each) => {
    const fields = statOf(each);
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  });
}

/** Resident memory now, in bytes. */
export function memoryOf(pid) {
  return sumOf(pid, (each) => kibibytes(each, "VmRSS"));
}

/** Of it what is not a file's: mapped tables are in the kernel's page cache anyway, which takes them back at need. */
export function anonymousMemoryOf(pid) {
  return sumOf(pid, (each) => kibibytes(each, "RssAnon"));
}

/** The most resident memory ever, in bytes. */
export function peakMemoryOf(pid) {
  return sumOf(pid, (each) => kibibytes(each, "VmHWM"));
}

/** What the process caused to be written to a disk: the kernel's count, pages of files included. */
export function writtenBytesOf(pid) {
  return sumOf(pid, (each) => Number(/^write_bytes: (\d+)/m.exec(read(each, "io"))?.[1] ?? 0));
}

/** Space taken on disk by a folder's files; one that vanishes while we look takes none. */
export function diskBytesOf(folder) {
  let bytes = 0;
  for (const entry of readdirSync(folder, { recursive: true })) {
    bytes += (statSync(join(folder, entry), { throwIfNoEntry: false })?.blocks ?? 0) * BLOCK_BYTES;
  }
  return bytes;
}

/** The process and its descendants: RabbitMQ runs below a script. */
function sumOf(pid, figure) {
  return [pid, ...descendantsOf(pid)].reduce((sum, each) => sum + figure(each), 0);
}

function descendantsOf(root) {
  const children = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const parent = parentOf(pid);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const below = (pid) => (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(String(root));
}

/** "" for a process that ended while we looked. */
function parentOf(pid) {
  try {
    return statOf(pid)[1];
  } catch {
    return "";
  }
}

function statOf(pid) {
  const stat = read(pid, "stat");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function kibibytes(pid, field) {
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(read(pid, "status"))?.[1] ?? 0) * 1_024;
}

function read(pid, file) {
  return readFileSync(`/proc/${pid}/${file}`, "latin1");
}
