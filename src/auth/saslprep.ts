/** Commonly mapped to nothing (RFC 3454 table B.1). */
const NOTHING = /[\u034f\u00ad\u1806\u200b-\u200d\u2060\ufeff]|[\u180b-\u180d]|[\ufe00-\ufe0f]/gu;
/** Spaces other than ASCII's (table C.1.2). */
const SPACES = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;
/** Tables C.2 to C.9. */
const PROHIBITED =
  /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\u{6dd}\u{70f}\u{180e}\u{200c}-\u{200f}\u{2028}-\u{202e}\u{2060}-\u{2063}\u{206a}-\u{206f}\u{2ff0}-\u{2ffb}\u{feff}\u{fff9}-\u{fffd}\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/u;

/**
 * The form in which two spellings of a password are the same bytes (RFC 4013); undefined when it holds what no password
 * may. Not checked are the rules for right-to-left text and unassigned code points: they only refuse, they change nothing.
 */
export function saslprep(text: string): string | undefined {
  const prepared = text.replace(NOTHING, "").replace(SPACES, " ").normalize("NFKC");
  return PROHIBITED.test(prepared) ? undefined : prepared;
}
