/** The words of a routing or binding key; an empty key has none (AMQP 0-9-1 §3.1.3.3). */
export function wordsOf(key: string): string[] {
  return key === "" ? [] : key.split(".");
}

interface Node<T> {
  readonly children: Map<string, Node<T>>;
  readonly values: Set<T>;
}

function newNode<T>(): Node<T> {
  return { children: new Map(), values: new Set() };
}

/**
 * Binding keys of a topic exchange as a trie of words: `*` is one word, `#` any number of them, anywhere
 * (AMQP 0-9-1 §3.1.3.3). The work of a match is bounded by remembering which node was visited with which rest.
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
        next = newNode();
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
    const words = wordsOf(routingKey);
    const visited = new Map<Node<T>, Set<number>>();
    this.#match(this.#root, words, 0, visited, found);
  }

  #match(
    node: Node<T>,
    words: readonly string[],
    at: number,
    visited: Map<Node<T>, Set<number>>,
    found: (value: T) => void,
  ): void {
    if (isVisited(visited, node, at)) return;
    if (at === words.length) for (const value of node.values) found(value);
    else {
      const literal = node.children.get(words[at] as string);
      if (literal !== undefined) this.#match(literal, words, at + 1, visited, found);
      const one = node.children.get("*");
      if (one !== undefined && one !== literal) this.#match(one, words, at + 1, visited, found);
    }
    const many = node.children.get("#");
    if (many === undefined) return;
    for (let next = at; next <= words.length; next++) this.#match(many, words, next, visited, found);
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

function isVisited<T>(visited: Map<Node<T>, Set<number>>, node: Node<T>, at: number): boolean {
  const seen = visited.get(node);
  if (seen === undefined) {
    visited.set(node, new Set([at]));
    return false;
  }
  if (seen.has(at)) return true;
  seen.add(at);
  return false;
}
