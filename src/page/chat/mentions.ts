import type { GroupMember } from "../../client/index.ts";
import { nameOf } from "../group/member-name.ts";

/** A user, or everyone, whom a text can mention. */
export interface Mentionable {
  /** "" for everyone. */
  readonly id: string;
  readonly name: string;
}

/** The word at the caret that begins with @. */
export interface AtWord {
  readonly from: number;
  readonly to: number;
  readonly typed: string;
}

/** The number of names offered at once. */
const OFFERED = 8;
/** As the protocol allows. */
const MOST = 50;

/** Finds the @ word that ends at the caret; null if there is none. An @ inside a word belongs to an address. */
export function atWord(text: string, caret: number): AtWord | null {
  const found = /(?:^|[\s（(，。])@([^\s@]{0,64})$/u.exec(text.slice(0, caret));
  if (!found) return null;
  const typed = found[1] ?? "";
  return { from: caret - typed.length - 1, to: caret, typed };
}

/** The members whose name or id begins with what is typed, or has a word that does. */
export function offered(
  members: readonly GroupMember[],
  me: string,
  everyone: string | null,
  typed: string,
): Mentionable[] {
  const wanted = typed.toLocaleLowerCase();
  const all: Mentionable[] = [
    ...(everyone === null ? [] : [{ id: "", name: everyone }]),
    ...members.filter(({ user_id }) => user_id !== me).map((member) => ({ id: member.user_id, name: nameOf(member) })),
  ];
  const begins = (text: string) =>
    text.toLocaleLowerCase().startsWith(wanted) || text.toLocaleLowerCase().includes(` ${wanted}`);
  return all.filter(({ id, name }) => begins(name) || begins(id)).slice(0, OFFERED);
}

/** Those of the picked whose names still stand in the text. */
export function mentioned(text: string, picked: readonly Mentionable[]): { mentions: string[]; mention_all: boolean } {
  const standing = picked.filter(({ name }) => text.includes(`@${name}`));
  const ids = standing.map(({ id }) => id).filter((id) => id !== "");
  return { mentions: [...new Set(ids)].slice(0, MOST), mention_all: standing.some(({ id }) => id === "") };
}

/** A run of text, or the name of a mentioned user with its @. */
export interface MentionPart {
  readonly text: string;
  readonly isMention: boolean;
}

/** Splits a text at the names that it mentions. The longest name counts where one begins with another. */
export function splitAtMentions(text: string, names: readonly string[]): MentionPart[] {
  const wanted = names.filter((name) => name !== "").map((name) => `@${name}`);
  wanted.sort((a, b) => b.length - a.length);
  const parts: MentionPart[] = [];
  let plain = "";
  for (let at = 0; at < text.length; ) {
    const found = text[at] === "@" ? wanted.find((name) => text.startsWith(name, at)) : undefined;
    if (found === undefined) {
      plain += text[at++];
      continue;
    }
    if (plain !== "") parts.push({ text: plain, isMention: false });
    plain = "";
    parts.push({ text: found, isMention: true });
    at += found.length;
  }
  if (plain !== "") parts.push({ text: plain, isMention: false });
  return parts;
}
