import type { TopicFilter } from "../../base/ids.ts";

/** What a line of the file says about the topics that match its filter. */
export type Access = "read" | "write" | "readwrite" | "deny";

/** A `topic` line. */
export interface AclRule {
  readonly access: Access;
  readonly topicFilter: TopicFilter;
}

/** A `pattern` line: `%c` stands for the client id, `%u` for the user. */
export interface AclPattern {
  readonly access: Access;
  readonly template: string;
}

/** A whole file, in its order. */
export interface AclRules {
  /** Lines before the first `user` line. */
  readonly anonymous: readonly AclRule[];
  readonly users: ReadonlyMap<string, readonly AclRule[]>;
  readonly patterns: readonly AclPattern[];
}
