import type { ConversationState } from "../../core/log/state.ts";
import { Code } from "../../protocol/codes.ts";
import { LIMITS } from "../../protocol/limits.ts";

export interface TypingOptions {
  readonly room: ConversationState;
  /** Shows it on the conversation's own sockets, but not to the typist. */
  readonly show: (typistId: string, typing: boolean) => void;
  /** Shows it on a member's own sockets. @returns whether they have any. */
  readonly showTo: (memberId: string, typistId: string, typing: boolean) => Promise<boolean>;
  readonly now: () => number;
  /** Makes sure that `alarm` is called at this time, or before. */
  readonly wakeAt: (time: number) => void;
}

/** For how long a member who was not there is not asked again. */
const OFFLINE_FOR = 30_000;
const LASTS = LIMITS.typingSeconds * 1_000;

interface Typist {
  readonly saidAt: number;
  readonly ended: boolean;
}

/**
 * Who is typing: shown to those online, never stored. Begins at most every two seconds for one user, ends
 * by itself after six; groups over a hundred do not show it. [TYPE-1]
 *
 * The end is an alarm's: an object with a timer does not sleep, and six seconds awake cost eight times as much.
 */
export class Typing {
  readonly #options: TypingOptions;
  readonly #typists = new Map<string, Typist>();
  readonly #offlineUntil = new Map<string, number>();

  constructor(options: TypingOptions) {
    this.#options = options;
  }

  /** @throws NexoError NO_PERMISSION to all but active members, GROUP_DISMISSED */
  set(userId: string, typing: boolean): void {
    const { room, now, wakeAt } = this.#options;
    if (!room.reader(userId, "typing") || room.activeMembers.size > LIMITS.typingMembers) return;
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

  /** Ends what has lasted long enough. */
  alarm(): void {
    const { now, wakeAt } = this.#options;
    for (const [userId, typist] of this.#typists) {
      if (typist.ended) continue;
      if (typist.saidAt + LASTS <= now()) this.#end(userId, typist);
      else wakeAt(typist.saidAt + LASTS);
    }
  }

  /** Ends it for those who have left, and for all in a group that was dismissed. To be called after changes of a group. */
  settle(): void {
    for (const [userId, typist] of this.#typists) {
      if (this.#options.room.permit("typing", userId) === Code.OK) continue;
      if (!typist.ended) this.#end(userId, typist);
      this.#typists.delete(userId);
    }
  }

  #end(userId: string, typist: Typist): void {
    this.#typists.set(userId, { ...typist, ended: true });
    this.#show(userId, false);
  }

  #show(userId: string, typing: boolean): void {
    const { room, show, showTo, now } = this.#options;
    show(userId, typing);
    for (const memberId of room.activeMembers.keys()) {
      if (memberId === userId || (this.#offlineUntil.get(memberId) ?? 0) > now()) continue;
      showTo(memberId, userId, typing).then(
        (online) => {
          if (online) this.#offlineUntil.delete(memberId);
          else this.#offlineUntil.set(memberId, now() + OFFLINE_FOR);
        },
        // Nobody misses a sign of typing; the next one tries again.
        () => undefined,
      );
    }
  }
}
