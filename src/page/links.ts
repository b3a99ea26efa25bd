/** A run of text without an address, or an address. */
export interface Part {
  readonly text: string;
  readonly isAddress: boolean;
}

/** Matches a possible address: it ends at white space, quotes, punctuation of other scripts, or direction controls. */
const ADDRESS =
  /\bhttps?:\/\/[^\s<>"“”‘’«»（）「」『』《》【】，。；！？、\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]+/giu;
/** Punctuation that a sentence may put after an address. */
const TAIL = ".,:;!?'*_~|";
const BRACKETS: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/** Splits a text into addresses and other text; all parts joined give the text again. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = withoutTail(found);
    if (!isAddress(address)) continue;
    if (index > from) parts.push({ text: text.slice(from, index), isAddress: false });
    parts.push({ text: address, isAddress: true });
    from = index + address.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), isAddress: false });
  return parts;
}

/** A closing bracket belongs to the address if it was opened there, as in `…/Mercury_(planet)`. */
function withoutTail(address: string): string {
  const counts = new Map<string, number>();
  const count = (character: string) => counts.get(character) ?? 0;
  for (const character of address) counts.set(character, count(character) + 1);
  for (let end = address.length; ; end--) {
    const last = address.charAt(end - 1);
    const opening = BRACKETS[last];
    const isTail = opening === undefined ? TAIL.includes(last) : count(last) > count(opening);
    if (!isTail) return address.slice(0, end);
    counts.set(last, count(last) - 1);
  }
}

/** Whether a link may lead there. A user name in an address can imitate another site: `https://bank@evil.example`. */
export function isAddress(url: string): boolean {
  const parsed = parse(url);
  return parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.username === "" && parsed.password === "";
}

/** The host of an address in its network form: it reveals letters of other scripts that only look Latin. */
export function hostOf(url: string): string {
  return parse(url)?.host ?? "";
}

function parse(url: string): URL | null {
  try {
    return new URL(url);
  } catch {
    return null;
  }
}
