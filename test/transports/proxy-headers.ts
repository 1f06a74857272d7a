const SIGNATURE = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);

/** A version 2 header with any bytes at all in its fields. */
export function version2(versionAndCommand: number, familyAndProtocol: number, body: Buffer): Buffer {
  const head = Buffer.from([versionAndCommand, familyAndProtocol, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([SIGNATURE, head, body]);
}

/** 203.0.113.7:50000 to 192.0.2.1:1883. */
export const INTERNET = Buffer.from("cb007107" + "c0000201" + "c350" + "075b", "hex");

/** [2001:db8::7]:50000 to [2001:db8::1]:1883. */
export const INTERNET6 = Buffer.from(
  "20010db8000000000000000000000007" + "20010db8000000000000000000000001" + "c350" + "075b",
  "hex",
);

/** A checksum-less authority (SNI) and a unique id, as proxies append them. */
export const TLVS = Buffer.concat([
  Buffer.from([0x02, 0x00, 0x04]),
  Buffer.from("host"),
  Buffer.from([0x05, 0x00, 0x02, 0xff, 0x00]),
]);
