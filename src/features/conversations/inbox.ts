import type { InboxContext, InboxFeature, InboxFrameHandlers } from "../../core/inbox.ts";
import type { ListEntry } from "../../core/list/entry.ts";
import { toPosition } from "../../core/list/order.ts";
import { cardsOf, conversationViews } from "../../core/list/views.ts";
import { Cost } from "../../core/rates/costs.ts";
import { handleRequest } from "../../core/rpc.ts";
import { Json } from "../../durable/json.ts";
import type { SyncRequest } from "../../protocol/bodies.ts";
import { Request } from "../../protocol/frames.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Card } from "../../protocol/model.ts";
import {
  clearOperation,
  configureConversation,
  conversationInfo,
  listConversations,
  removeConversation,
  syncConversations,
} from "./calls.ts";

type Frames = Pick<InboxFrameHandlers, typeof Request.SYNC>;

/** The maximum total length of a page: an answer between objects has at most 32 MiB. [MEM-1] */
const MAX_PAGE_CHARACTERS = 8 * 1_048_576;

/** The user's list of conversations: reading it and changing its settings. */
export function conversations({ env, userId, store, list, sockets, inbound, outbound }: InboxContext) {
  const views = (entries: readonly ListEntry[]) => conversationViews(env.DB, store, userId, entries);

  async function page(cursor: string, limit: number) {
    // Between pages nothing may move.
    if (cursor === "") await inbound.catchUp();
    const { entries, next } = list.page(cursor, Math.min(limit, LIMITS.listConversations));
    const fit = fitting(await views(entries));
    const last = entries[fit.length - 1];
    const isCut = last && fit.length < entries.length;
    return { conversations: `[${fit.join(",")}]`, next: isCut ? toPosition(last) : next };
  }

  async function sync(request: SyncRequest): Promise<string> {
    if (request.page === "") await inbound.catchUp();
    const { entries, next, cursor } = list.sync(request);
    const where = `"next":"${next}","cursor":${cursor},"has_more":${next !== ""},"server_time":${Date.now()}`;
    return `{"conversations":[${(await views(entries)).join(",")}],${where}}`;
  }

  /** The name for a push of changed settings. It is read only when a socket exists to receive the push. */
  async function cardFor(conversation_id: string): Promise<Card | undefined> {
    if (sockets.size === 0) return undefined;
    try {
      return (await cardsOf(env.DB, userId, [{ conversation_id }])).get(conversation_id);
    } catch {
      // Without D1 the push is skipped. The client notices the gap by its cursor.
      return undefined;
    }
  }

  const frames: Frames = { [Request.SYNC]: async (request) => new Json(await sync(request)) };
  return {
    requests: [
      handleRequest(listConversations, Cost.ASKS, ({ cursor, limit }) => page(cursor, limit)),
      handleRequest(conversationInfo, Cost.ASKS, async ({ conversation_id }) => {
        const entry = await inbound.refreshed(conversation_id);
        // A conversation that is requested by id is shown, even if it was dropped from a full list.
        return (await views([{ ...entry, gone: false }])).join();
      }),
      handleRequest(configureConversation, Cost.ASKS, async ({ conversation_id: id, ...settings }) => {
        if (!list.get(id)) await inbound.refreshed(id);
        const card = await cardFor(id);
        inbound.changed(id, list.configure(id, settings), card);
        // Messages of a large group come, or no longer come, as the setting says.
        if (list.get(id)?.large && settings.recv_msg_opt !== undefined) await inbound.catchUp(id);
      }),
      handleRequest(removeConversation, Cost.ASKS, async ({ conversation_id: id, clear, leave }) => {
        if (!list.get(id)) await inbound.refreshed(id);
        if (clear) await outbound.operate(id, clearOperation, null);
        if (leave) inbound.changed(id, list.leave(id), undefined);
      }),
      handleRequest(syncConversations, Cost.ASKS, sync),
    ],
    frames,
    frameCosts: { [Request.SYNC]: Cost.ASKS },
  } satisfies InboxFeature;
}

/** As many of the given views as fit into one answer; at least one. */
function fitting(views: readonly string[]): readonly string[] {
  let characters = 0;
  const end = views.findIndex((view, index) => {
    characters += view.length;
    return characters > MAX_PAGE_CHARACTERS && index > 0;
  });
  return end < 0 ? views : views.slice(0, end);
}
