import { CONSENT_CALLS } from "../../core/consent.ts";
import type { InboxContext, InboxFeature } from "../../core/inbox.ts";
import { Refusal } from "../../core/member.ts";
import { Cost } from "../../core/rates/costs.ts";
import { Quota } from "../../core/rates/quota.ts";
import { tooMany } from "../../core/rates/rates.ts";
import { handle, handleRequest } from "../../core/rpc.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { ID, parseConversationId, peerOf } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { listBlocks, ownReach, type ReachChange, setBlock } from "./calls.ts";
import { Refusals } from "./refusals.ts";

/** A change of messages_from may be a call to each of 10,000 chats. */
const CHANGES = { most: 20, window: 3_600_000 };

/** Blocks and privacy in an Inbox: the user changes them, and others ask before they reach the user. */
export function consenting(context: InboxContext) {
  const { userId, store, consent, erasure, consentChanged } = context;
  const refusals = new Refusals(context);

  async function set({ user_id, on }: { readonly user_id: string; readonly on: boolean }): Promise<void> {
    if (user_id === userId) throw new NexoError(Code.INVALID_PARAMETER, "user_id: must be somebody else");
    if (on && !consent.isBlocked(user_id)) {
      if (consent.blocks.size >= LIMITS.blocks) throw new NexoError(Code.TOO_MANY);
      consent.block(user_id, Date.now());
    } else if (!on) consent.unblock(user_id);
    consentChanged(user_id);
    // A repeat tells the chat again, since the first attempt may not have reached it.
    await refusals.tell(user_id);
  }

  async function change(changes: ReachChange): Promise<void> {
    const given = Object.entries(changes).filter(([, value]) => value !== undefined);
    const reach = { ...consent.reach, ...Object.fromEntries(given) };
    if (JSON.stringify(reach) === JSON.stringify(consent.reach)) return;
    const quota = new Quota(store, "privacy", CHANGES);
    const now = Date.now();
    if (!quota.take(1, now)) throw tooMany("privacy was changed too often", quota.wait(1, now));
    quota.keep();
    consent.setReach(reach);
    consentChanged(null);
    await refusals.settle();
  }

  return {
    requests: [
      handleRequest(setBlock, Cost.WRITES, set),
      handleRequest(listBlocks, Cost.OWN, ({ cursor, limit }) => pageOf(consent.blocks, cursor, limit)),
      handleRequest(
        ownReach,
        ({ change: given }) => (given ? Cost.WRITES : Cost.OWN),
        async ({ change: given }) => {
          if (given) await change(given);
          return consent.reach;
        },
      ),
    ],
    calls: [
      handle(CONSENT_CALLS.takesMessages, ({ from }) => !erasure.isBegun && consent.refusalOf(from) === Refusal.NONE),
      handle(CONSENT_CALLS.welcomes, ({ from }) => (erasure.isBegun ? "refuses" : consent.welcome(from))),
    ],
    listChanged: (_, entry) => {
      const ref = parseConversationId(entry.conversation_id);
      if (ref?.type !== 1) return;
      // The block fell between the question of the sender's inbox and the first message; or this user wrote first.
      const peer = peerOf(ref, userId);
      const known = consent.told.get(entry.conversation_id) ?? Refusal.NONE;
      if (consent.refusalOf(peer) !== known) void refusals.tell(peer).catch(() => undefined);
    },
    exported: () => [
      { type: "privacy", privacy: consent.reach },
      ...[...consent.blocks].map(([user_id, blocked_at]) => ({ type: "block", block: { user_id, blocked_at } })),
    ],
    alarm: () => refusals.settle(),
  } satisfies InboxFeature;
}

/** A page of blocks, newest first. The cursor is the place of the last one: a block that ends meanwhile skips none. */
function pageOf(blocks: ReadonlyMap<string, number>, cursor: string, limit: number) {
  const all = [...blocks].map(([user_id, blocked_at]) => ({ user_id, blocked_at }));
  all.sort((a, b) => b.blocked_at - a.blocked_at || (a.user_id < b.user_id ? -1 : 1));
  const [, at = "", id = ""] = /^(\d{1,16})\.(.+)$/.exec(cursor) ?? [];
  if (cursor !== "" && !ID.test(id)) {
    throw new NexoError(Code.INVALID_PARAMETER, "cursor: must be a next_cursor that this list gave");
  }
  const isAfter = (one: { user_id: string; blocked_at: number }) =>
    one.blocked_at < Number(at) || (one.blocked_at === Number(at) && one.user_id > id);
  const rest = cursor === "" ? all : all.filter(isAfter);
  const page = rest.slice(0, limit);
  const last = page.at(-1);
  return { blocks: page, next: last && rest.length > limit ? `${last.blocked_at}.${last.user_id}` : "" };
}
