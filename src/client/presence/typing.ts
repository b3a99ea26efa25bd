import { Request } from "../../protocol/frames.ts";
import type { FrameSocket } from "../connection/frame-socket.ts";
import { IdViews } from "../id-views.ts";
import type { View } from "../view.ts";

export interface TypingParts {
  /** The best socket for a conversation; typing does not justify an HTTP request. */
  readonly channel: (conversationId: string) => FrameSocket | null;
  readonly userId: () => string;
}

export interface Typed {
  conversation_id: string;
  user_id: string;
  typing: boolean;
}

/** The server reports when a user stops typing, but that push may be lost: a state older than this has ended. */
const HOLDS = 8_000;
/** How often the state is sent again while the user keeps typing: the server drops it after 6 s. */
const AGAIN = 4_000;

/** Who is typing in which conversation, and whether this user is. [TYPE-1] */
export class Typing {
  readonly #parts: TypingParts;
  /** For each conversation, the users typing and the timers that end their state. */
  readonly #typists = new Map<string, Map<string, ReturnType<typeof setTimeout>>>();
  readonly #views = new IdViews<readonly string[]>({
    make: (ids) => Object.freeze(ids.flatMap((id) => [...(this.#typists.get(id)?.keys() ?? [])])),
    watched: () => undefined,
  });
  readonly #said = new Map<string, number>();

  constructor(parts: TypingParts) {
    this.#parts = parts;
  }

  /** The users typing in a conversation, longest first; returns the same view for the same id. */
  view(conversationId: string): View<readonly string[]> {
    return this.#views.of([conversationId]);
  }

  pushed({ conversation_id, user_id, typing }: Typed): void {
    if (user_id === this.#parts.userId()) return;
    if (!typing) {
      this.ended(conversation_id, user_id);
      return;
    }
    const typists = this.#typists.get(conversation_id) ?? new Map();
    this.#typists.set(conversation_id, typists);
    const isNew = !typists.has(user_id);
    clearTimeout(typists.get(user_id));
    typists.set(
      user_id,
      setTimeout(() => this.ended(conversation_id, user_id), HOLDS),
    );
    if (isNew) this.#views.changed([conversation_id]);
  }

  /** A user stopped typing, or sent the message. */
  ended(conversationId: string, userId: string): void {
    const typists = this.#typists.get(conversationId);
    if (!typists?.has(userId)) return;
    clearTimeout(typists.get(userId));
    typists.delete(userId);
    if (typists.size === 0) this.#typists.delete(conversationId);
    this.#views.changed([conversationId]);
  }

  /** This user types, or stops. Call it on every key: it is sent only as often as needed. */
  set(conversationId: string, isTyping: boolean): void {
    const said = this.#said.get(conversationId);
    if (isTyping ? said !== undefined && Date.now() - said < AGAIN : said === undefined) return;
    if (isTyping) this.#said.set(conversationId, Date.now());
    else this.#said.delete(conversationId);
    const channel = this.#parts.channel(conversationId);
    // If it is lost or refused, the state expires on its own.
    channel?.request(Request.TYPING, { conversation_id: conversationId, typing: isTyping }).catch(() => undefined);
  }

  /** The connection is lost: it is not known who is still typing. */
  stop(): void {
    for (const [id, typists] of [...this.#typists]) for (const user of [...typists.keys()]) this.ended(id, user);
    this.#said.clear();
  }
}
