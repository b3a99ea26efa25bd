import type { ConversationState } from "../../core/log/state.ts";
import { Code } from "../../protocol/codes.ts";
import { LIMITS } from "../../protocol/limits.ts";

export interface TypingOptions {
  readonly conversation: ConversationState;
  /** Shows it on the conversation's own sockets, but not to the typist. */
  readonly show: (typistId: string, typing: boolean) => void;
  /** Shows it on a member's own sockets. @returns whether they have any. */
  readonly showTo: (memberId: string, typistId: string, typing: boolean) => Promise<boolean>;
  readonly now: () => number;
  /** Makes sure that `alarm` is called at this time or earlier. */
  readonly wakeAt: (time: number) => void;
}

/** For how long a member without sockets is not asked again. */
const OFFLINE_FOR = 30_000;
const LASTS = LIMITS.typingSeconds * 1_000;

interface Typist {
  readonly saidAt: number;
  readonly ended: boolean;
}

/**
 * Who is typing: shown to online members, never stored. A user can start at most every two seconds, and it ends
 * by itself after six. Groups with more than a hundred members do not show it. [TYPE-1]
 *
 * An alarm ends it: an object with a timer does not hibernate, and six seconds awake cost eight times as much.
 */
export class Typing {
  readonly #options: TypingOptions;
  readonly #typists = new Map<string, Typist>();
  readonly #offlineUntil = new Map<string, number>();

  constructor(options: TypingOptions) {
    this.#options = options;
  }

  /** @throws NexoError NO_PERMISSION to everyone except active members, GROUP_DISMISSED */
  set(userId: string, typing: boolean): void {
    const { conversation, now, wakeAt } = this.#options;
    // Users who are refused see no difference. [BLOCK-1]
    if (conversation.access.permit("typing", userId) === Code.NOT_ACCEPTED) return;
    if (!conversation.access.reader(userId, "typing") || conversation.memberCount > LIMITS.typingMembers) return;
    const typist = this.#typists.get(userId);
    if (!typing) {
      if (typist && !typist.ended) this.#end(userId, typist);
      return;
    }
    if (typist && now() - typist.saidAt < LIMITS.typingPauseSeconds * 1_000) return;
    this.#typists.set(userId, { saidAt: now(), ended: false });
    wakeAt(now() + LASTS);
    this.#show(userId, true);
  }

  /** Ends typing that has lasted long enough. */
  alarm(): void {
    const { now, wakeAt } = this.#options;
    for (const [userId, typist] of this.#typists) {
      if (typist.ended) continue;
      if (typist.saidAt + LASTS <= now()) this.#end(userId, typist);
      else wakeAt(typist.saidAt + LASTS);
    }
  }

  /** Ends typing of members who left, and of all in a dismissed group. Call this after changes of a group. */
  settle(): void {
    for (const [userId, typist] of this.#typists) {
      if (this.#options.conversation.access.permit("typing", userId) === Code.OK) continue;
      if (!typist.ended) this.#end(userId, typist);
      this.#typists.delete(userId);
    }
  }

  #end(userId: string, typist: Typist): void {
    this.#typists.set(userId, { ...typist, ended: true });
    this.#show(userId, false);
  }

  #show(userId: string, typing: boolean): void {
    const { conversation, show, showTo, now } = this.#options;
    show(userId, typing);
    for (const memberId of conversation.audience) {
      if (memberId === userId || (this.#offlineUntil.get(memberId) ?? 0) > now()) continue;
      showTo(memberId, userId, typing).then(
        (online) => {
          if (online) this.#offlineUntil.delete(memberId);
          else this.#offlineUntil.set(memberId, now() + OFFLINE_FOR);
        },
        // A lost typing signal does no harm. The next one tries again.
        () => undefined,
      );
    }
  }
}
