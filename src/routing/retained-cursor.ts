import type { TopicFilter } from "../base/ids.ts";
import type { RetainedNode } from "./retained-node.ts";

/** Nodes visited per slice, whether they hold anything or not: some milliseconds at most. */
const VISITS_PER_SLICE = 8_192;

/** A walk over the retained messages that match one filter. The caller asks for slices until `isDone`. */
export class RetainedCursor {
  readonly #root: RetainedNode;
  readonly #wanted: readonly string[];
  readonly #open: OpenNode[] = [];
  #hasStarted = false;
  #found: RetainedNode[] = [];
  #visitsLeft = 0;

  constructor(root: RetainedNode, filter: TopicFilter) {
    this.#root = root;
    this.#wanted = filter.split("/");
  }

  /** Nothing is left to come. */
  get isDone(): boolean {
    return this.#hasStarted && this.#open.length === 0;
  }

  /** Up to `limit` nodes that hold a message; perhaps none although more will come, because a slice also bounds the nodes visited. */
  next(limit: number): RetainedNode[] {
    this.#found = [];
    this.#visitsLeft = VISITS_PER_SLICE;
    if (!this.#hasStarted) this.#start();
    while (this.#found.length < limit && this.#visitsLeft > 0) {
      const open = this.#open.at(-1);
      if (open === undefined) break;
      this.#step(open);
    }
    return this.#found;
  }

  #start(): void {
    this.#hasStarted = true;
    this.#visit(this.#root, 0);
  }

  #step(open: OpenNode): void {
    this.#visitsLeft--;
    const child = open.nextChild();
    if (child === undefined) this.#open.pop();
    else if (open.mayEnter(child)) this.#visit(child, open.childDepth);
  }

  /** Follows literal levels down from a node that matched `depth` levels; a wildcard leaves it open for `#step`. */
  #visit(from: RetainedNode, fromDepth: number): void {
    let node: RetainedNode | undefined = from;
    for (let depth = fromDepth; depth < this.#wanted.length; depth++) {
      const level = this.#wanted[depth] as string;
      if (level === "#") this.#take(node); // the parent level too (MQTT 5 §4.7.1.2)
      if (level === "#" || level === "+") {
        this.#open.push(new OpenNode(node, level === "#" ? depth : depth + 1, node === this.#root));
        return;
      }
      this.#visitsLeft--;
      node = node.child(level);
      if (node === undefined) return;
    }
    this.#take(node);
  }

  #take(node: RetainedNode): void {
    if (node.kept !== undefined) this.#found.push(node);
  }
}

/**
 * A node whose children are being walked. Iterators of a Map live through changes; a child held inline is remembered
 * instead, so that it is not walked again when a second one turns it into a Map.
 */
class OpenNode {
  readonly childDepth: number;
  readonly #node: RetainedNode;
  readonly #hidesDollar: boolean;
  #walkedInline: RetainedNode | undefined = undefined;
  #iterator: Iterator<RetainedNode> | undefined = undefined;

  constructor(node: RetainedNode, childDepth: number, isRoot: boolean) {
    this.#node = node;
    this.childDepth = childDepth;
    this.#hidesDollar = isRoot;
  }

  nextChild(): RetainedNode | undefined {
    if (this.#iterator === undefined && this.#node.many === undefined) return this.#nextInline();
    this.#iterator ??= this.#node.many?.values();
    const child = this.#iterator?.next().value as RetainedNode | undefined;
    return child !== undefined && child === this.#walkedInline ? this.nextChild() : child;
  }

  /** Topics that begin with `$` are not for a filter that begins with a wildcard [MQTT-4.7.2-1]. */
  mayEnter(child: RetainedNode): boolean {
    return !(this.#hidesDollar && child.level.startsWith("$"));
  }

  #nextInline(): RetainedNode | undefined {
    if (this.#node.only === this.#walkedInline) return undefined;
    this.#walkedInline = this.#node.only;
    return this.#node.only;
  }
}
