/** Writes to standard output. */
export function print(text: string): void {
  console.log(text);
}

/** Writes to standard error. */
export function printError(text: string): void {
  console.error(text);
}
