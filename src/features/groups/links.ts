import { Code, NexoError } from "../../protocol/codes.ts";
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
 * @throws NexoError LINK_INVALID for a code that no link has, as for one that has ended
 */
export function groupOfLink(code: string, expected?: string): string {
  const groupId = code.slice(code.indexOf(".") + 1);
  const isFormed = code.includes(".") && ID.test(groupId);
  if (!isFormed || (expected !== undefined && expected !== groupId)) throw new NexoError(Code.LINK_INVALID);
  return groupId;
}
