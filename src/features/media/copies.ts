import type { NewMessage } from "../../core/calls.ts";
import type { InboxContext } from "../../core/inbox.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { filesOf } from "../../protocol/media-ids.ts";
import { knownSend, mayUpload } from "./calls.ts";
import type { Uploads } from "./uploads.ts";

type Parts = Pick<InboxContext, "userId" | "outbound"> & { readonly bucket: R2Bucket; readonly uploads: Uploads };

/**
 * Copies the files of a message that is forwarded, so that neither its sender nor the forwarder can take a file from
 * the other. A copy counts as an upload of the forwarder. [MEDIA-1]
 */
export class Copies {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * @returns the content with the addresses of the copies; unchanged for a message that was forwarded before
   * @throws NexoError NO_PERMISSION, TOO_MANY_REQUESTS; SHUTTING_DOWN when R2 fails
   */
  async contentFor(conversationId: string, { client_msg_id, msg_type, content }: NewMessage): Promise<string> {
    const { userId: user_id, outbound, bucket } = this.#parts;
    const ids = filesOf(msg_type, content);
    if (ids.length === 0) return content;
    if (await outbound.ask(conversationId, knownSend, { user_id, client_msg_id })) return content;
    await outbound.ask(conversationId, mayUpload, { user_id });
    let copied = content;
    for (const id of ids) {
      const file = await bucket.get(id);
      // The send says that the file does not exist.
      if (file) copied = copied.replaceAll(id, await this.#copy(conversationId, file));
    }
    return copied;
  }

  async #copy(conversationId: string, file: R2ObjectBody): Promise<string> {
    const { userId: user_id, bucket, uploads } = this.#parts;
    const { media_id } = uploads.begin(conversationId, file.size);
    try {
      await bucket.put(media_id, file.body, {
        ...(file.httpMetadata && { httpMetadata: file.httpMetadata }),
        customMetadata: { ...file.customMetadata, user_id, conversation_id: conversationId },
      });
      uploads.end(media_id, null);
      return media_id;
    } catch {
      uploads.end(media_id, 0);
      throw new NexoError(Code.SHUTTING_DOWN);
    }
  }
}
