import type { InboxContext } from "../../core/inbox.ts";
import { groups as groupsOf } from "../../core/list/queries.ts";
import { askObject } from "../../core/rpc.ts";
import { withDeadline } from "../../deadline.ts";
import { findCards } from "../../directory/groups.ts";
import { detailOf, log } from "../../log.ts";
import { groupConversationId } from "../../protocol/ids.ts";
import { mediaIdsIn } from "../../protocol/media-ids.ts";
import { adoptAvatar, keptMedia } from "./calls.ts";
import type { Upload, UploadStore } from "./uploads-store.ts";

/** Uploads that one alarm looks at. [MEM-1] */
const BATCH = 50;
/** How long the alarm waits for each of a Conversation, D1 and R2. */
const PATIENCE = 3_000;
const RETRY = 60_000;
/** Longer than D1 may take to write a changed profile. */
const PROFILE_WRITTEN = 10_000;
/** Groups of the user among which one may have an avatar that the user uploaded. */
const MAX_GROUPS = 1_000;

type Parts = Pick<InboxContext, "env" | "userId" | "list" | "wakeAt"> & { readonly bucket: R2Bucket };

/** Deletes uploads that nothing names an hour after their expiry. [MEDIA-2] */
export class Collector {
  readonly #parts: Parts;
  readonly #store: UploadStore;

  constructor(parts: Parts, store: UploadStore) {
    this.#parts = parts;
    this.#store = store;
  }

  /** An avatar that was in use may be out of use soon. */
  profileChanging(): void {
    const at = Date.now() + PROFILE_WRITTEN;
    if (this.#store.recollectAvatars(at)) this.#parts.wakeAt(at);
  }

  /** The account is being erased: nothing that it uploaded is kept, except what messages name. @returns whether all is gone */
  collectAll(): boolean {
    if (this.#store.isEmpty) return true;
    const now = Date.now();
    this.#store.collectAll(now);
    this.#parts.wakeAt(now);
    return false;
  }

  async alarm(): Promise<void> {
    const now = Date.now();
    const due = this.#store.due(now, BATCH);
    const settled = due.length === 0 || (await this.#collect(due));
    const next = this.#store.nextDue();
    if (next !== null) this.#parts.wakeAt(Math.max(next, now + (settled ? 0 : RETRY)));
  }

  /** @returns whether all of these were settled */
  async #collect(due: readonly Upload[]): Promise<boolean> {
    const byOwner = Map.groupBy(due, ({ conversation_id }) => conversation_id);
    const works = [...byOwner].map(async ([conversationId, uploads]) => {
      const ids = uploads.map(({ media_id }) => media_id);
      const kept = conversationId === "" ? await this.#keptAvatars(ids) : await this.#kept(conversationId, ids);
      const orphans = ids.filter((id) => !kept.has(id));
      if (orphans.length > 0) await withDeadline(this.#parts.bucket.delete(orphans), PATIENCE);
      this.#store.delete(orphans);
    });
    const failed = (await Promise.allSettled(works)).filter((result) => result.status === "rejected");
    for (const { reason } of failed) log("warn", "media_not_collected", { detail: detailOf(reason) });
    return failed.length === 0;
  }

  /** The Conversation keeps what its messages name, so the Inbox need not. */
  async #kept(conversationId: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const conversation = this.#parts.env.CONVERSATION.getByName(conversationId);
    const kept = await askObject(conversation, keptMedia, ids, PATIENCE);
    this.#store.delete(kept);
    return new Set(kept);
  }

  /** The Inbox keeps the user's own avatar. A group's avatar is handed to the group. */
  async #keptAvatars(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const { env, userId, list } = this.#parts;
    const groupIds = groupsOf(list, MAX_GROUPS).map((id) => id.slice(groupConversationId("").length));
    const { users, groups } = await findCards(env.DB, [userId], groupIds);
    const own = mediaIdsIn(users.get(userId)?.avatar ?? "").filter((id) => ids.includes(id));
    for (const id of own) this.#store.keepAvatar(id);
    const kept = new Set(own);
    for (const [groupId, { avatar }] of groups) {
      for (const media_id of mediaIdsIn(avatar).filter((id) => ids.includes(id) && !kept.has(id))) {
        const group = env.CONVERSATION.getByName(groupConversationId(groupId));
        if (!(await askObject(group, adoptAvatar, { media_id }, PATIENCE))) continue;
        this.#store.delete([media_id]);
        kept.add(media_id);
      }
    }
    return kept;
  }
}
