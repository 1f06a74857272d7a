import type { BridgeRecord, SendResult, Sink } from "../../../bridges/bridge.ts";

type Answer = (batch: readonly BridgeRecord[]) => readonly SendResult[] | Promise<readonly SendResult[]>;

/** A sink that answers what the test says: `next` once each, then `always`. */
export class ScriptedSink implements Sink {
  blockedReason: string | undefined = undefined;
  readonly calls: string[] = [];
  /** Seqs of each batch that was handed over. */
  readonly sent: number[][] = [];
  readonly bridgeSeqs: string[][] = [];
  readonly connects: (() => Promise<void>)[] = [];
  readonly next: Answer[] = [];
  always: Answer = (batch) => batch.map(() => ({ outcome: "delivered" }));

  async connect(): Promise<void> {
    this.calls.push("connect");
    await this.connects.shift()?.();
  }

  async send(batch: readonly BridgeRecord[]): Promise<readonly SendResult[]> {
    this.calls.push("send");
    this.sent.push(batch.map(({ queued }) => queued.seq));
    this.bridgeSeqs.push(batch.map(({ bridgeSeq }) => bridgeSeq));
    return await (this.next.shift() ?? this.always)(batch);
  }

  async close(): Promise<void> {
    this.calls.push("close");
  }
}
