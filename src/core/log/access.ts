import { SYSTEM_USER } from "../../protocol/account-model.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { type ConversationRef, peerOf } from "../../protocol/ids.ts";
import { Role } from "../../protocol/model.ts";
import { isActive, type Member, Refusal } from "../member.ts";
import { type Operation, permit } from "../permissions.ts";
import type { Room } from "./room.ts";

/** Who may do what here: the table of permissions, applied to the conversation as it stands. */
export class Access {
  readonly #ref: ConversationRef;
  readonly #room: Room;
  readonly #now: () => number;

  constructor(ref: ConversationRef, room: Room, now: () => number) {
    this.#ref = ref;
    this.#room = room;
    this.#now = now;
  }

  /** The code for an attempt by this user; OK if it is allowed. */
  permit(operation: Operation, userId: string): Code {
    return permit(operation, this.#room.members.get(userId), {
      dismissed: this.#room.isDismissed,
      mutedUntil: this.#room.row?.muted_until ?? 0,
      refused: this.#isRefused(userId),
      alone: this.#isAlone(userId),
      rules: this.#room.switches.rules,
      now: this.#now(),
    });
  }

  /** The operator's announcements need no member. Nobody can sign in as their sender. [KEY-3] */
  permitSend(userId: string): Code {
    if (userId !== SYSTEM_USER || this.#ref.type === 1) return this.permit("send", userId);
    return this.#room.isDismissed ? Code.GROUP_DISMISSED : Code.OK;
  }

  /** Whether slow mode holds for a user: it does for members below admin. */
  isSlowed(userId: string): boolean {
    return this.#room.switches.rules.slow_mode > 0 && this.#room.members.get(userId)?.role === Role.MEMBER;
  }

  /**
   * The row of a user who may read; null for either user of a single chat that has no message yet. [VIS-4]
   * @throws NexoError NO_PERMISSION for outsiders, whether the conversation exists or not; for users who left, the
   *   code that the operation defines for them
   */
  reader(userId: string, operation: "read" | "read_by" | "typing" = "read"): Member | null {
    if (!this.#room.row && this.#ref.type === 1 && this.#ref.users.includes(userId)) return null;
    const code = this.permit(operation, userId);
    const member = this.#room.members.get(userId);
    if (code !== Code.OK || !member) throw new NexoError(code === Code.OK ? Code.NO_PERMISSION : code);
    return member;
  }

  /** Whether the peer of a single chat has left it: their account was erased. */
  #isAlone(userId: string): boolean {
    if (this.#ref.type === 2 || !this.#room.row) return false;
    return !isActive(this.#room.members.get(peerOf(this.#ref, userId)));
  }

  #isRefused(userId: string): boolean {
    const peer = this.#room.members.active.get(peerOf(this.#ref, userId));
    return peer !== undefined && peer.refuses !== Refusal.NONE;
  }
}
