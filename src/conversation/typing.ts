import { isActive } from "../domain/member.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import { LIMITS } from "../protocol/limits.ts";
import type { Room } from "./room.ts";

export interface TypingOptions {
  readonly room: Room;
  /** Shows it on the conversation's own sockets, but not to the typist. */
  readonly show: (typistId: string, typing: boolean) => void;
  /** Shows it on a member's own sockets. @returns whether they have any. */
  readonly showTo: (memberId: string, typistId: string, typing: boolean) => Promise<boolean>;
  readonly now: () => number;
  /** Runs something later. @returns how to call it off. */
  readonly later: (milliseconds: number, run: () => void) => () => void;
}

/** For how long a member who was not there is not asked again. */
const OFFLINE_FOR = 30_000;

interface Typist {
  readonly saidAt: number;
  /** Calls off the end; null once it has ended. */
  readonly callOff: (() => void) | null;
}

/**
 * Who is typing: shown to those online, never stored. Begins at most every two seconds for one user, ends
 * by itself after six; groups over a hundred do not show it. [TYPE-1]
 */
export class Typing {
  readonly #options: TypingOptions;
  readonly #typists = new Map<string, Typist>();
  readonly #offlineUntil = new Map<string, number>();

  constructor(options: TypingOptions) {
    this.#options = options;
  }

  /** @throws NexoError NO_PERMISSION to all but active members */
  set(userId: string, typing: boolean): void {
    const { room, now, later } = this.#options;
    const reader = room.reader(userId);
    if (reader && !isActive(reader)) throw new NexoError(Code.NO_PERMISSION);
    if (!reader || room.activeMembers.size > LIMITS.typingMembers) return;
    const typist = this.#typists.get(userId);
    if (!typing) {
      if (typist?.callOff) this.#end(userId, typist);
      return;
    }
    if (typist && now() - typist.saidAt < LIMITS.typingPauseSeconds * 1_000) return;
    typist?.callOff?.();
    const begun: Typist = {
      saidAt: now(),
      callOff: later(LIMITS.typingSeconds * 1_000, () => this.#end(userId, begun)),
    };
    this.#typists.set(userId, begun);
    this.#show(userId, true);
  }

  #end(userId: string, typist: Typist): void {
    typist.callOff?.();
    this.#typists.set(userId, { ...typist, callOff: null });
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
