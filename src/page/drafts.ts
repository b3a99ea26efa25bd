/** What was begun and not sent, by user and conversation, until the page is closed or the user signs out. */
const drafts = new Map<string, string>();

export function draftOf(userId: string, conversationId: string): string {
  return drafts.get(keyOf(userId, conversationId)) ?? "";
}

export function keepDraft(userId: string, conversationId: string, text: string): void {
  if (text === "") drafts.delete(keyOf(userId, conversationId));
  else drafts.set(keyOf(userId, conversationId), text);
}

export function forgetDrafts(): void {
  drafts.clear();
}

function keyOf(userId: string, conversationId: string): string {
  return `${userId} ${conversationId}`;
}
