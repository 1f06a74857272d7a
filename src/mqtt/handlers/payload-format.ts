import { isUtf8 } from "node:buffer";
import type { MessageProperties } from "../../base/message.ts";

/** Whether the payload is UTF-8 where its Payload Format Indicator says so (MQTT 5 §3.3.2.3.2). */
export function hasPromisedFormat(payload: Buffer, properties: MessageProperties | undefined): boolean {
  return properties?.payloadFormatIndicator !== 1 || isUtf8(payload);
}
