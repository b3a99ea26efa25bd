import type { InboxContext } from "../../core/inbox.ts";
import { tooMany } from "../../core/rates/rates.ts";
import { LIMITS } from "../../protocol/limits.ts";
import type { Millis } from "../../protocol/model.ts";
import { newMediaId } from "./media-id.ts";
import type { UploadStore } from "./uploads-store.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** What an upload counts at least: it writes rows and an object, however small it is. */
const LEAST_CHARGE = 100_000;
/** A Worker that died does not report the end of its upload. */
const LONGEST_UPLOAD = 600_000;

type Parts = Pick<InboxContext, "settings" | "userId" | "wakeAt">;

/** A user's uploads: how many at once, and how many bytes in a day. [MEDIA-3] */
export class Uploads {
  readonly #parts: Parts;
  readonly #store: UploadStore;
  /** The uploads under way and when they began. Only in memory, since a row for each would cost more than it saves. */
  readonly #open = new Map<string, Millis>();

  constructor(parts: Parts, store: UploadStore) {
    this.#parts = parts;
    this.#store = store;
  }

  /** Records an upload before its bytes are stored, so that no crash leaves a file behind. @throws TOO_MANY_REQUESTS */
  begin(conversationId: string, size: number): { media_id: string; expires_at: Millis } {
    const { settings, userId, wakeAt } = this.#parts;
    const at = Date.now();
    const charge = Math.max(size, LEAST_CHARGE);
    this.#assertFew(at);
    this.#assertWithinDay(charge, at);
    // In whole seconds, as the media_id holds it.
    const expires_at = Math.floor((at + LIMITS.uploadHours * HOUR) / 1_000) * 1_000;
    const media_id = newMediaId(settings, { user_id: userId, conversation_id: conversationId }, expires_at);
    // An hour later, since the clocks of two objects differ.
    const collect_at = expires_at + HOUR;
    this.#store.put({ media_id, conversation_id: conversationId, size: charge, at, collect_at });
    wakeAt(collect_at);
    this.#open.set(media_id, at);
    return { media_id, expires_at };
  }

  /** @param received bytes of a failed upload, which count; null if the file is stored */
  end(mediaId: string, received: number | null): void {
    this.#open.delete(mediaId);
    if (received !== null) this.#store.updateSize(mediaId, Math.max(received, LEAST_CHARGE));
  }

  #assertFew(now: Millis): void {
    for (const [id, began] of this.#open) if (began + LONGEST_UPLOAD <= now) this.#open.delete(id);
    if (this.#open.size >= LIMITS.uploadsAtOnce) throw tooMany(`at most ${LIMITS.uploadsAtOnce} uploads at once`, 1);
  }

  #assertWithinDay(charge: number, now: Millis): void {
    const most = this.#parts.settings.MEDIA_BYTES_PER_DAY;
    const recent = this.#store.since(now - DAY);
    let used = recent.reduce((sum, { size }) => sum + size, charge);
    if (used <= most) return;
    let free = now + DAY;
    for (const { size, at } of recent) {
      used -= size;
      free = at + DAY;
      if (used <= most) break;
    }
    throw tooMany(`at most ${most} bytes of files a day`, Math.max(1, Math.ceil((free - now) / 1_000)));
  }
}
