import { ID, randomId } from "../../protocol/ids.ts";

/**
 * The code of an invite link: 128 random bits and the id of its group. So the group's Conversation alone knows its links,
 * and their uses are counted where users come in; no table finds the group of a code. [JOIN-2]
 */
export function codeOfLink(groupId: string): string {
  return `${randomId()}.${groupId}`;
}

/**
 * The group of a code.
 * @param expected the group that the caller named, if any
 * @returns null for a code that no link can have
 */
export function groupOfLink(code: string, expected?: string): string | null {
  const groupId = code.slice(code.indexOf(".") + 1);
  const isFormed = code.includes(".") && ID.test(groupId);
  return isFormed && (expected === undefined || expected === groupId) ? groupId : null;
}
