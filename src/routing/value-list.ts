/** Above this many values a list also remembers where each stands: removal stays cheap with 10,000 subscribers. */
const INDEX_ABOVE = 32;

/** Two or more distinct values in no particular order: walked as an array, removed from without shifting. */
export class ValueList<T> {
  readonly values: T[];
  #positions: Map<T, number> | undefined;

  constructor(first: T, second: T) {
    this.values = [first, second];
  }

  /** Returns false when the value was there already. */
  add(value: T): boolean {
    if (this.#positionOf(value) >= 0) return false;
    this.values.push(value);
    this.#positions?.set(value, this.values.length - 1);
    if (this.#positions === undefined && this.values.length > INDEX_ABOVE) this.#index();
    return true;
  }

  /** Returns false when the value was not there. */
  remove(value: T): boolean {
    const at = this.#positionOf(value);
    if (at < 0) return false;
    const last = this.values.pop() as T;
    this.#positions?.delete(value);
    if (at < this.values.length) this.#put(at, last);
    return true;
  }

  #put(at: number, value: T): void {
    this.values[at] = value;
    this.#positions?.set(value, at);
  }

  #positionOf(value: T): number {
    if (this.#positions === undefined) return this.values.indexOf(value);
    return this.#positions.get(value) ?? -1;
  }

  #index(): void {
    this.#positions = new Map(this.values.map((value, at) => [value, at]));
  }
}

/** What one filter holds: nothing, one value inline (the usual case, no array), or several. */
export type Values<T> = T | ValueList<T> | undefined;

/** The values with one more; the same list when it was there already. */
export function withValue<T>(values: Values<T>, value: T): Values<T> {
  if (values === undefined) return value;
  if (values instanceof ValueList) {
    values.add(value);
    return values;
  }
  return values === value ? values : new ValueList(values, value);
}

/** The values with one less; a list of one becomes inline again. */
export function withoutValue<T>(values: Values<T>, value: T): Values<T> {
  if (!(values instanceof ValueList)) return values === value ? undefined : values;
  values.remove(value);
  return values.values.length === 1 ? values.values[0] : values;
}

export function countOf<T>(values: Values<T>): number {
  if (values === undefined) return 0;
  return values instanceof ValueList ? values.values.length : 1;
}

/** Appends without a copy in between. Hot: once per matching filter. */
export function appendTo<T>(into: T[], values: Values<T>): void {
  if (values === undefined) return;
  if (!(values instanceof ValueList)) {
    into.push(values);
    return;
  }
  const list = values.values;
  for (let i = 0; i < list.length; i++) into.push(list[i] as T);
}
