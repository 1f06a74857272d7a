/** From this length V8's `substring` keeps the whole parent string alive. */
const SLICED_FROM = 13;

/**
 * A place in a tree of topic levels. One child is held inline; a Map (about 200 bytes even when small) is made for the
 * second and stays until it is empty, so that iterators over it see every child that stays, once.
 */
export abstract class LevelNode<Child extends LevelNode<Child>> {
  readonly level: string;
  only: Child | undefined = undefined;
  many: Map<string, Child> | undefined = undefined;

  constructor(level: string) {
    this.level = level;
  }

  /** Hot: once per level of a topic. */
  child(level: string): Child | undefined {
    if (this.many !== undefined) return this.many.get(level);
    return this.only !== undefined && this.only.level === level ? this.only : undefined;
  }

  attach(child: Child): void {
    if (this.many === undefined && this.only === undefined) {
      this.only = child;
      return;
    }
    this.many ??= new Map();
    if (this.only !== undefined) this.many.set(this.only.level, this.only);
    this.only = undefined;
    this.many.set(child.level, child);
  }

  detach(child: Child): void {
    if (this.only === child) this.only = undefined;
    this.many?.delete(child.level);
    if (this.many?.size === 0) this.many = undefined;
  }

  get childCount(): number {
    return this.many?.size ?? (this.only === undefined ? 0 : 1);
  }
}

/** The level as a string of its own, for a node that may outlive the topic it was cut from. */
export function ownLevel(text: string, start: number, end: number): string {
  const level = text.substring(start, end);
  if (level.length < SLICED_FROM || level.length === text.length) return level;
  return Buffer.from(level).toString();
}
