import type { NewMessage } from "../../core/calls.ts";
import type { ConversationContext } from "../../core/conversation.ts";
import type { StoredMessage } from "../../core/log/message.ts";
import { withDeadline } from "../../deadline.ts";
import { findCards } from "../../directory/groups.ts";
import { type Env, settingsOf } from "../../env.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { filesOf, mediaIdsIn } from "../../protocol/media-ids.ts";
import { NoticeType } from "../../protocol/model.ts";
import { expiryOf, isMediaOf } from "./media-id.ts";
import { PICTURE, type ReferenceStore } from "./references-store.ts";

/** R2 deletes at most this many in one call. */
const BATCH = 1_000;
/** How long the alarm waits for R2. */
const PATIENCE = 5_000;

type Parts = Pick<ConversationContext, "conversation" | "now" | "wakeAt"> & {
  readonly env: Env;
  readonly bucket: R2Bucket;
};

/** A message whose content changed; the contents are JSON text, null after a recall. */
interface ReplacedContent {
  readonly seq: number;
  readonly msg_type: number;
  readonly before: string;
  readonly after: string | null;
}

/**
 * The files that the messages of a Conversation name. A message may name only uploads of its sender for this
 * conversation. When the last message that names a file is gone, the file is deleted. [MEDIA-1, MEDIA-2]
 */
export class MediaReferences {
  readonly #parts: Parts;
  readonly #store: ReferenceStore;

  constructor(parts: Parts, store: ReferenceStore) {
    this.#parts = parts;
    this.#store = store;
  }

  /** Why a new message may not be stored; null if it may. */
  refusal(senderId: string, { msg_type, content }: NewMessage): string | null {
    const ids = filesOf(msg_type, content);
    if (ids.length > LIMITS.messageFiles) return `content: must name at most ${LIMITS.messageFiles} files`;
    for (const id of ids) {
      const why = this.#unfit(senderId, id);
      if (why !== null) return `content: ${why}`;
    }
    return null;
  }

  #unfit(userId: string, mediaId: string): string | null {
    const { conversation, env, now } = this.#parts;
    const owner = { user_id: userId, conversation_id: conversation.conversationId };
    if (!isMediaOf(settingsOf(env), mediaId, owner)) {
      return "names a file that its sender has not uploaded for this conversation";
    }
    if (expiryOf(mediaId) <= now()) return "names a file whose upload has expired";
    return this.#store.isGone(mediaId) ? "names a file that was deleted" : null;
  }

  /** A message was stored: it keeps its files. A new picture of the group takes the place of the old one. */
  stored({ seq, msg_type, content }: StoredMessage): void {
    for (const id of filesOf(msg_type, content)) this.#store.put(id, seq);
    if (msg_type === NoticeType.GROUP_UPDATED) this.#pictureChanged(content);
  }

  #pictureChanged(notice: string): void {
    const { avatar }: { avatar?: string } = JSON.parse(notice);
    if (avatar === undefined) return;
    const current = mediaIdsIn(avatar);
    for (const id of this.#store.of(PICTURE)) if (!current.includes(id)) this.#drop(id, PICTURE);
  }

  /**
   * The content of a message was replaced, or taken away (null): files that it does not name any more may go. Call it
   * in the transaction of the change. @throws NexoError INVALID_PARAMETER if it now names a file that it may not
   */
  replaced(senderId: string, { seq, msg_type, before, after }: ReplacedContent): void {
    const had = filesOf(msg_type, before);
    const has = after === null ? [] : filesOf(msg_type, after);
    for (const id of has.filter((one) => !had.includes(one))) {
      const why = this.#unfit(senderId, id);
      if (why !== null) throw new NexoError(Code.INVALID_PARAMETER, `content: ${why}`);
      this.#store.put(id, seq);
    }
    for (const id of had) if (!has.includes(id)) this.#drop(id, seq);
  }

  removeAllOf(userId: string): void {
    for (const { media_id, seq } of this.#store.sentBy(userId)) this.#drop(media_id, seq);
  }

  #drop(mediaId: string, seq: number): void {
    if (!this.#store.delete(mediaId, seq)) return;
    this.#store.putGone(mediaId, expiryOf(mediaId));
    this.#parts.wakeAt(this.#parts.now());
  }

  kept(mediaIds: readonly string[]): readonly string[] {
    return this.#store.kept(mediaIds);
  }

  /** Keeps a file as the picture of this group, if it is that. */
  async adopt(mediaId: string): Promise<boolean> {
    const { conversation, env } = this.#parts;
    const { ref } = conversation;
    if (ref.type !== 2 || !conversation.isBorn) return false;
    // Kept first: a change of the picture after this drops it, and one before this is seen below.
    this.#store.put(mediaId, PICTURE);
    const { groups } = await findCards(env.DB, [], [ref.group_id]);
    const isPicture = mediaIdsIn(groups.get(ref.group_id)?.avatar ?? "").includes(mediaId);
    if (!isPicture) this.#drop(mediaId, PICTURE);
    return isPicture;
  }

  /** Deletes what no message names. @throws when R2 does not answer: the alarm rings again in a minute */
  async alarm(): Promise<void> {
    const { bucket, now, wakeAt } = this.#parts;
    const ids = this.#store.toDelete(BATCH);
    if (ids.length === 0) return;
    await withDeadline(bucket.delete(ids), PATIENCE);
    this.#store.deleted(ids, now());
    if (ids.length === BATCH) wakeAt(now());
  }
}
