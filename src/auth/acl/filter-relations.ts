/** Whether some topic name matches both filters. */
export function overlaps(a: string, b: string): boolean {
  if (isHidden(a, b) || isHidden(b, a)) return false;
  const left = a.split("/");
  const right = b.split("/");
  for (let i = 0; ; i++) {
    if (left[i] === "#" || right[i] === "#") return true;
    if (i >= left.length || i >= right.length) return left.length === right.length;
    if (left[i] !== "+" && right[i] !== "+" && left[i] !== right[i]) return false;
  }
}

/** Whether every topic name that matches `narrow` matches `wide` as well. */
export function covers(wide: string, narrow: string): boolean {
  if (isHidden(wide, narrow)) return false;
  const outer = wide.split("/");
  const inner = narrow.split("/");
  for (let i = 0; ; i++) {
    if (outer[i] === "#") return true;
    if (i >= outer.length || i >= inner.length) return outer.length === inner.length;
    if (inner[i] === "#") return false;
    if (outer[i] !== "+" && outer[i] !== inner[i]) return false;
  }
}

/** A leading wildcard never reaches topics that begin with $ [MQTT-4.7.2-1]. */
function isHidden(wildcards: string, dollar: string): boolean {
  return dollar.startsWith("$") && (wildcards.startsWith("+") || wildcards.startsWith("#"));
}
