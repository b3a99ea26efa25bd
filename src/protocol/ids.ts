/** The form of an id of a user or a group: 1 to 64 of `A-Z a-z 0-9 _ . -`. */
export const ID = /^[A-Za-z0-9_.-]{1,64}$/;

/** The parts of a conversation_id. */
export type ConversationRef =
  | { readonly type: 1; readonly users: readonly [string, string] }
  | { readonly type: 2; readonly group_id: string };

/** The id of the single chat of two users, in either order. */
export function singleConversationId(a: string, b: string): string {
  return a < b ? `si_${a}:${b}` : `si_${b}:${a}`;
}

/** The id of a group's conversation. */
export function groupConversationId(groupId: string): string {
  return `sg_${groupId}`;
}

/** Parses a conversation_id; null if it is not well formed (ids unsorted, equal, or with other characters). */
export function parseConversationId(id: string): ConversationRef | null {
  if (id.startsWith("sg_")) {
    const groupId = id.slice(3);
    return ID.test(groupId) ? { type: 2, group_id: groupId } : null;
  }
  if (!id.startsWith("si_")) return null;
  const [a, b, rest] = id.slice(3).split(":");
  if (a === undefined || b === undefined || rest !== undefined) return null;
  return ID.test(a) && ID.test(b) && a < b ? { type: 1, users: [a, b] } : null;
}

/** The other user of a single chat; "" in a group, or if the user is neither of the two. */
export function peerOf(ref: ConversationRef, userId: string): string {
  if (ref.type === 2 || !ref.users.includes(userId)) return "";
  return ref.users[0] === userId ? ref.users[1] : ref.users[0];
}

/** Makes an id: 128 random bits in base64url, 22 characters. */
export function randomId(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
}

/** Bytes as base64url without padding. */
export function toBase64Url(data: Uint8Array): string {
  const binary = String.fromCharCode(...data);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
