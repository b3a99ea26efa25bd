import type { ConversationState } from "../log/state.ts";
import type { Member } from "../member.ts";
import { type Version, versionOf } from "../version.ts";
import type { Known, Packet, Policy } from "./policy.ts";
import type { UpdateBuilder } from "./update-builder.ts";

/** Marks are stored this long after the first change that they do not cover. */
const GUARD = 5_000;
/**
 * The same in a single chat in which something happened within this time: storing the marks costs as much as the
 * message. If the object sleeps meanwhile, the alarm repeats two updates. In a group it would repeat one for each
 * member, so the marks are stored before it sleeps.
 */
const GUARD_IN_CHAT = 40_000;

/** Every change is told to the inbox of every active member. For single chats and small groups. [TELL-1] */
export class EagerPolicy implements Policy {
  readonly storesAtOnce = false;
  readonly isPaced = false;
  readonly #conversation: ConversationState;
  readonly #updates: UpdateBuilder;

  constructor(conversation: ConversationState, updates: UpdateBuilder) {
    this.#conversation = conversation;
    this.#updates = updates;
  }

  concern(): void {
    // Everybody is told of everything.
  }

  audience(): Iterable<string> {
    return this.#conversation.activeMembers.keys();
  }

  target(member: Member): Version {
    return this.#conversation.target(member);
  }

  next(member: Member, { told }: Known): Packet | null {
    const update = this.#updates.update(member, told);
    return (
      update && { kind: "update", text: update.text, version: versionOf(update.header, this.#conversation.version) }
    );
  }

  markOf(_member: Member, { told }: Known): Version {
    return told;
  }

  settled(): void {
    // Nothing is kept for single inboxes.
  }

  guardAfter(quietFor: number): number {
    return this.#conversation.ref.type === 1 && quietFor < GUARD_IN_CHAT ? GUARD_IN_CHAT : GUARD;
  }
}
