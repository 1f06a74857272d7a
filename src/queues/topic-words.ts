/** The words of a routing or binding key; an empty key has none (AMQP 0-9-1 §3.1.3.3). */
export function wordsOf(key: string): string[] {
  return key === "" ? [] : key.split(".");
}

interface Node<T> {
  /** It stands behind a `#`, and stays reached whatever comes. */
  readonly isMany: boolean;
  readonly children: Map<string, Node<T>>;
  readonly values: Set<T>;
}

function newNode<T>(isMany = false): Node<T> {
  return { isMany, children: new Map(), values: new Set() };
}

/**
 * Binding keys of a topic exchange as a trie of words: `*` is one word, `#` any number of them, anywhere
 * (AMQP 0-9-1 §3.1.3.3). A match goes word by word with all nodes that are reached, so that its work is bounded by words
 * times nodes, however many `#` there are.
 */
export class TopicWords<T> {
  readonly #root = newNode<T>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(bindingKey: string, value: T): void {
    let node = this.#root;
    for (const word of wordsOf(bindingKey)) {
      let next = node.children.get(word);
      if (next === undefined) {
        next = newNode(word === "#");
        node.children.set(word, next);
      }
      node = next;
    }
    if (node.values.has(value)) return;
    node.values.add(value);
    this.#size++;
  }

  remove(bindingKey: string, value: T): void {
    if (this.#remove(this.#root, wordsOf(bindingKey), 0, value)) this.#size--;
  }

  /** Calls `found` for each value whose key matches; the same value may come more than once. */
  match(routingKey: string, found: (value: T) => void): void {
    let reached = withMany(new Set([this.#root]));
    for (const word of wordsOf(routingKey)) {
      if (reached.size === 0) return;
      reached = withMany(this.#behind(reached, word));
    }
    for (const node of reached) for (const value of node.values) found(value);
  }

  #behind(reached: ReadonlySet<Node<T>>, word: string): Set<Node<T>> {
    const next = new Set<Node<T>>();
    for (const node of reached) {
      if (node.isMany) next.add(node);
      const literal = node.children.get(word);
      if (literal !== undefined) next.add(literal);
      const one = node.children.get("*");
      if (one !== undefined) next.add(one);
    }
    return next;
  }

  #remove(node: Node<T>, words: readonly string[], at: number, value: T): boolean {
    if (at === words.length) return node.values.delete(value);
    const word = words[at] as string;
    const next = node.children.get(word);
    if (next === undefined || !this.#remove(next, words, at + 1, value)) return false;
    if (next.values.size === 0 && next.children.size === 0) node.children.delete(word);
    return true;
  }
}

/** `#` may be no word at all: who is before it is behind it too. Returns the same set. */
function withMany<T>(reached: Set<Node<T>>): Set<Node<T>> {
  for (const node of reached) {
    const many = node.children.get("#");
    if (many !== undefined) reached.add(many); // and is looked at in its turn
  }
  return reached;
}
