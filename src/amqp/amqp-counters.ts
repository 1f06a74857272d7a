/** Plain numbers that hot paths raise; never reset. */
export class AmqpCounters {
  connectionsOpened = 0;
  connectionsClosed = 0;
  connectionsRefused = 0;
  channelsOpened = 0;
  channelsClosed = 0;
  bytesReceived = 0;
  bytesSent = 0;
  /** basic.publish with its content. */
  published = 0;
  publishedBytes = 0;
  /** basic.deliver and basic.get-ok. */
  delivered = 0;
  deliveredBytes = 0;
  /** basic.ack, basic.nack and basic.reject of clients: messages settled. */
  settled = 0;
  /** Publications confirmed with basic.ack. */
  confirmed = 0;
  /** Publications refused with basic.nack. */
  rejected = 0;
  /** basic.return. */
  returned = 0;
  channelErrors = 0;
  connectionErrors = 0;
}
