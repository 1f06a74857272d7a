import type { KeptMessage } from "./kept-message.ts";
import { LevelNode } from "./level-node.ts";

/** A level of topics that hold messages; a node without a message has children that lead to some. */
export class RetainedNode extends LevelNode<RetainedNode> {
  kept: KeptMessage | undefined = undefined;

  extend(level: string): RetainedNode {
    const child = new RetainedNode(level);
    this.attach(child);
    return child;
  }
}
