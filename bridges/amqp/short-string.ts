/** Whether a text fits AMQP's shortstr, at most 255 bytes of UTF-8 (AMQP 0-9-1 §4.2.5.3). */
export function isShortString(text: string): boolean {
  return text.length < 256 && Buffer.byteLength(text) < 256;
}
