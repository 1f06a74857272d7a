import { filterMatches } from "../../base/topic-filter.ts";
import type { Access, AclPattern, AclRules } from "./acl-rules.ts";
import { covers, overlaps } from "./filter-relations.ts";

/** Who asks; `user` is "" for an anonymous client. */
export interface Identity {
  readonly clientId: string;
  readonly user: string;
}

interface Rule {
  readonly access: Access;
  readonly topicFilter: string;
}

/**
 * What one identity may do. As in Mosquitto: its own denials, its own grants, the patterns' denials, the patterns'
 * grants; the first that matches decides, and what nothing matches is denied.
 */
export class IdentityRules {
  readonly #ordered: readonly Rule[];

  constructor(rules: AclRules, identity: Identity) {
    const own = identity.user === "" ? rules.anonymous : (rules.users.get(identity.user) ?? []);
    this.#ordered = [...denialsFirst(own), ...denialsFirst(patternsFor(rules.patterns, identity))];
  }

  may(access: "read" | "write", topicName: string): boolean {
    for (const rule of this.#ordered) {
      if (rule.access === "deny") {
        if (filterMatches(rule.topicFilter, topicName)) return false;
      } else if (grants(rule.access, access) && filterMatches(rule.topicFilter, topicName)) {
        return true;
      }
    }
    return false;
  }

  /** Whether any topic that matches the filter may be read; which ones is decided message by message. */
  mayReadSome(topicFilter: string): boolean {
    for (const rule of this.#ordered) {
      if (rule.access === "deny") {
        if (covers(rule.topicFilter, topicFilter)) return false;
      } else if (grants(rule.access, "read") && overlaps(rule.topicFilter, topicFilter)) {
        return true;
      }
    }
    return false;
  }
}

function grants(given: Access, wanted: "read" | "write"): boolean {
  return given === wanted || given === "readwrite";
}

function denialsFirst(rules: readonly Rule[]): Rule[] {
  return [
    ...rules.filter((rule) => rule.access === "deny"),
    ...rules.filter((rule) => rule.access !== "deny"),
  ];
}

/**
 * The patterns with the names put in. When a pattern asks for a name that could widen it, no pattern grants anything:
 * a client calls itself what it likes (CVE-2017-7650).
 */
function patternsFor(patterns: readonly AclPattern[], { clientId, user }: Identity): Rule[] {
  const usable = patterns.filter(({ template }) => user !== "" || !template.includes("%u"));
  const isUnsafe = usable.some(
    ({ template }) =>
      (template.includes("%c") && !isPlainName(clientId)) || (template.includes("%u") && !isPlainName(user)),
  );
  if (isUnsafe) return [];
  return usable.map(({ access, template }) => ({
    access,
    topicFilter: template.replace(/%[cu]/g, (mark) => (mark === "%c" ? clientId : user)),
  }));
}

/** One level of a topic that is neither wildcard nor reserved. Stricter than Mosquitto, which lets "/" and "$" pass. */
function isPlainName(name: string): boolean {
  return name !== "" && !name.startsWith("$") && !/[+#/]/.test(name);
}
