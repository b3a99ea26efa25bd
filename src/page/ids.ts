/** The ids in what somebody typed: between commas of any script, spaces or lines. */
export function idsIn(typed: string): string[] {
  return [...new Set(typed.split(/[\s,，、;；]+/).filter((id) => id !== ""))];
}

/** Whose a conversation is: the other user of a single chat, or a group; "" for what it is not, and for others' chats. */
export function partiesOf(conversationId: string, me: string): { peerId: string; groupId: string } {
  if (conversationId.startsWith("sg_")) return { peerId: "", groupId: conversationId.slice(3) };
  const users = conversationId.replace(/^si_/, "").split(":");
  const peerId = users.includes(me) ? users.find((id) => id !== me) : undefined;
  return { peerId: peerId ?? "", groupId: "" };
}
