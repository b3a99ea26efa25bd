import type { Concerned } from "../log/concerned.ts";
import type { ConversationState } from "../log/state.ts";
import type { ConversationStore } from "../log/store.ts";
import { isActive, type Member, visibleMax } from "../member.ts";
import { covers, type Version, versionOf } from "../version.ts";
import type { Known, Packet, Policy } from "./policy.ts";
import type { UpdateBuilder } from "./update-builder.ts";

/** The alarm is only needed after a crash: marks are stored when the last call has ended. */
const GUARD = 30_000;
/** Of more messages than these, an inbox without sockets gets none: its clients pull them when they want to. */
const LINES_WITHOUT_SOCKETS = 20;
/** The most stored messages that a waking object looks through for members whom they name. */
const LOOKED_THROUGH = 1_000;

/**
 * For large groups. What concerns one member, and what concerns the group as such, is told to inboxes as in small groups.
 * Messages go to inboxes that have a socket, and change nothing there: each inbox brings its list up to date when the
 * user looks at it. [TELL-7]
 */
export class AttendingPolicy implements Policy {
  readonly storesAtOnce = true;
  readonly isPaced = true;
  readonly #conversation: ConversationState;
  readonly #store: ConversationStore;
  readonly #updates: UpdateBuilder;
  /** Members who may have to be told, and the newest message that names each of them; 0 if none does. */
  readonly #owed = new Map<string, number>();
  /** Members who have to be told of a change of a message, and its rev. */
  readonly #owedRevs = new Map<string, number>();
  #isAwake = false;

  constructor(conversation: ConversationState, store: ConversationStore, updates: UpdateBuilder) {
    this.#conversation = conversation;
    this.#store = store;
    this.#updates = updates;
  }

  concern({ all, members, named, amended }: Concerned): void {
    if (all) this.#oweSince(-1);
    for (const userId of members) this.#owe(userId, 0);
    for (const [userId, seq] of named) this.#owe(userId, seq);
    for (const [userId, rev] of amended) {
      if (!this.#conversation.isActiveMember(userId)) continue;
      this.#owe(userId, 0);
      this.#owedRevs.set(userId, rev);
    }
  }

  *audience(): Generator<string> {
    this.#wake();
    yield* this.#owed.keys();
    for (const userId of this.#conversation.large.attending) if (!this.#owed.has(userId)) yield userId;
  }

  target(member: Member): Version {
    const { ver, rev } = this.#conversation.target(member);
    const attends = this.#conversation.large.attending.has(member.user_id);
    const owedRev = Math.max(member.own_rev, this.#owedRevs.get(member.user_id) ?? 0);
    // Changes of messages reach inboxes as messages do; what a user deletes for themselves concerns them alone.
    return { seq: this.#owed.get(member.user_id) ?? 0, ver, rev: attends ? rev : owedRev };
  }

  next(member: Member, { told, relayed }: Known): Packet | null {
    const to = visibleMax(member, this.#conversation.version.seq);
    const attends = isActive(member) && this.#conversation.large.attending.has(member.user_id);
    if (!covers(told, this.target(member)) || !isActive(member)) {
      const from = attends || to - relayed <= LINES_WITHOUT_SOCKETS ? relayed + 1 : to + 1;
      const update = this.#updates.update(member, told, from);
      return (
        update && { kind: "update", text: update.text, version: versionOf(update.header, this.#conversation.version) }
      );
    }
    if (!attends || relayed >= to) return null;
    const unread = this.#conversation.marks.unreadOwn(member.user_id, Math.max(relayed, member.read_seq));
    const relay = this.#updates.relay(Math.max(relayed + 1, member.min_seq, unread + 1), to);
    return { kind: "relay", text: relay, version: { seq: to, ver: told.ver, rev: told.rev } };
  }

  /**
   * The inbox's own ver says nothing: most changes do not concern its user. A ver below the one that it lacks makes sure
   * that a waking object tells it again.
   */
  markOf(member: Member, { told, relayed }: Known): Version {
    if (!isActive(member)) return told;
    const { version, large } = this.#conversation;
    const { seq, ver, rev } = this.target(member);
    const passed = large.attending.has(member.user_id) ? relayed : version.seq;
    const known = told.rev >= rev ? version.rev : told.rev;
    if (covers(told, { seq, ver, rev })) return { seq: passed, ver: version.ver, rev: known };
    return { seq: told.seq < seq ? Math.min(passed, seq - 1) : passed, ver: ver - 1, rev: known };
  }

  settled(userId: string): void {
    this.#owed.delete(userId);
    this.#owedRevs.delete(userId);
  }

  guardAfter(): number {
    return GUARD;
  }

  #owe(userId: string, seq: number): void {
    this.#owed.set(userId, Math.max(this.#owed.get(userId) ?? 0, seq));
  }

  #oweSince(ver: number): void {
    for (const userId of this.#store.members.changedAfter(ver)) this.#owe(userId, 0);
  }

  /** After a start, finds those who may not have been told: whose rows are newer than the stored mark, or who are named. */
  #wake(): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    const { toldVersion: told, version, large } = this.#conversation;
    if (version.ver > told.ver) this.#oweSince(large.groupVer > told.ver ? -1 : told.ver);
    if (version.seq <= told.seq) return;
    for (const message of this.#store.messages(Math.max(told.seq + 1, version.seq - LOOKED_THROUGH), version.seq)) {
      for (const userId of this.#conversation.named(message)) {
        if (this.#conversation.isActiveMember(userId)) this.#owe(userId, message.seq);
      }
    }
  }
}
