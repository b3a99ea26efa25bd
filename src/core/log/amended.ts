import type { Amended, MessageMeta } from "../../protocol/model.ts";
import type { SendMeta } from "../calls.ts";

/** Of a message to which nothing has happened. */
export const AS_SENT: Amended = {
  rev: 0,
  edited_at: 0,
  recalled_at: 0,
  recalled_by: "",
  reactions: [],
  pinned_at: 0,
  pinned_by: "",
};

/** What became of a message since it was sent. */
export function amendedOf({ amended }: { readonly amended: string | null }): Amended {
  return amended === null ? AS_SENT : JSON.parse(amended);
}

export function isRecalled(message: { readonly amended: string | null }): boolean {
  return amendedOf(message).recalled_at > 0;
}

/** What the sender said beside the content; null if nothing. */
export function metaOf({ meta }: { readonly meta: string | null }): MessageMeta | null {
  return meta === null ? null : JSON.parse(meta);
}

/** What a sender says beside the content, as it is stored: null if it says nothing. */
export function metaText({ reply_to = 0, mentions = [], mention_all = false, forwarded = null }: SendMeta) {
  if (reply_to === 0 && mentions.length === 0 && !mention_all && forwarded === null) return null;
  const meta: MessageMeta = { reply_to, mentions: [...mentions], mention_all, forwarded };
  return JSON.stringify(meta);
}
