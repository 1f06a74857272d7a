/** What is used of aedes-persistence-level 9.2, which brings no types. */
declare module "aedes-persistence-level" {
  import type { Readable } from "node:stream";

  interface Persistence {
    subscriptionsByClient(client: { readonly id: string }): Promise<object[]>;
    outgoingStream(client: { readonly id: string }): Readable;
    createRetainedStream(topicFilter: string): Readable;
    streamWill(): Readable;
  }

  const create: (database: unknown) => Persistence;
  export = create;
}
