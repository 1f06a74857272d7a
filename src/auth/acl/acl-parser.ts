import { ConfigError } from "../../base/errors.ts";
import { toTopicFilter } from "../../base/topic-filter.ts";
import type { Access, AclPattern, AclRule, AclRules } from "./acl-rules.ts";

const ACCESS: ReadonlySet<string> = new Set<Access>(["read", "write", "readwrite", "deny"]);

/** Reads Mosquitto's ACL file; a line that is not understood is a ConfigError: permissions are never guessed. */
export function parseAcl(text: string, origin: string): AclRules {
  const anonymous: AclRule[] = [];
  const users = new Map<string, AclRule[]>();
  const patterns: AclPattern[] = [];
  let current = anonymous;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.trim();
    if (line === "" || raw.startsWith("#")) continue;
    const fail: Fail = (what) => new ConfigError(`${origin}:${index + 1}: ${what}`);
    const [keyword, rest] = firstWord(line);
    if (keyword === "user") current = rulesOf(users, rest, fail);
    else if (keyword === "topic") current.push(toRule(rest, fail));
    else if (keyword === "pattern") patterns.push(toPattern(rest, fail));
    else throw fail(`expected user, topic or pattern, found ${JSON.stringify(keyword)}`);
  }
  return { anonymous, users, patterns };
}

type Fail = (what: string) => ConfigError;

function rulesOf(users: Map<string, AclRule[]>, user: string, fail: Fail): AclRule[] {
  if (user === "") throw fail("the user name is missing");
  const rules = users.get(user) ?? [];
  users.set(user, rules);
  return rules;
}

function toRule(rest: string, fail: Fail): AclRule {
  const [access, text] = toAccess(rest, fail);
  const topicFilter = toTopicFilter(text);
  if (topicFilter === undefined) throw fail(`${JSON.stringify(text)} is not a topic filter`);
  return { access, topicFilter };
}

function toPattern(rest: string, fail: Fail): AclPattern {
  const [access, template] = toAccess(rest, fail);
  if (toTopicFilter(template) === undefined) throw fail(`${JSON.stringify(template)} is not a topic filter`);
  return { access, template };
}

/** The access word may be left out, unless the topic holds a space. */
function toAccess(rest: string, fail: Fail): readonly [Access, string] {
  if (rest === "") throw fail("the topic is missing");
  const [word, topic] = firstWord(rest);
  if (topic === "") return ["readwrite", word];
  if (!isAccess(word)) throw fail(`expected read, write, readwrite or deny, found ${JSON.stringify(word)}`);
  return [word, topic];
}

function isAccess(word: string): word is Access {
  return ACCESS.has(word);
}

function firstWord(text: string): readonly [string, string] {
  const end = text.search(/[ \t]/);
  return end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end).trim()];
}
