/** The ids in a typed text: separated by commas of any script, spaces or line breaks. */
export function idsIn(typed: string): string[] {
  return [...new Set(typed.split(/[\s,，、;；]+/).filter((id) => id !== ""))];
}

/** The parties of a conversation: the other user, or the group; "" for the other one, and for others' chats. */
export function partiesOf(conversationId: string, me: string): { peerId: string; groupId: string } {
  if (conversationId.startsWith("sg_")) return { peerId: "", groupId: conversationId.slice(3) };
  const users = conversationId.replace(/^si_/, "").split(":");
  const peerId = users.includes(me) ? users.find((id) => id !== me) : undefined;
  return { peerId: peerId ?? "", groupId: "" };
}
