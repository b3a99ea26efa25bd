import { Code, NexoError } from "../../protocol/codes.ts";
import { GroupStatus } from "../../protocol/group-model.ts";
import type { ConversationRef } from "../../protocol/ids.ts";
import { KINDS } from "../../protocol/kinds.ts";
import { Role } from "../../protocol/model.ts";
import { isActive, type Member, Refusal, visibleMax } from "../member.ts";
import { type GroupView, invitedMember, newMember, type Plan } from "../plan.ts";
import { NOTHING_KNOWN } from "../version.ts";
import type { Amendments } from "./amendments.ts";
import { Concerned } from "./concerned.ts";
import { GroupRulesStore } from "./group-rules.ts";
import { LargeGroup } from "./large-group.ts";
import { Members } from "./members.ts";
import type { Messages } from "./messages.ts";
import type { ConversationStore, StoredConversation } from "./store.ts";

/** How many of the owner and admins are told of an application at once. */
const MOST_LEADERS = 100;

export interface RoomParts {
  readonly conversationId: string;
  readonly ref: ConversationRef;
  readonly store: ConversationStore;
  readonly messages: Messages;
  readonly amendments: Amendments;
  readonly maxMembers: number;
  /** A group with more members than this becomes large. */
  readonly largeGroup: number;
  readonly now: () => number;
}

/**
 * The conversation's own row, its members, and ver, the number of their changes. Every change here runs in the
 * transaction of the caller.
 */
export class Room {
  readonly #parts: RoomParts;
  readonly large: LargeGroup;
  readonly members: Members;
  /** The switches of a group. */
  readonly switches: GroupRulesStore;
  #row: StoredConversation | undefined;
  #ver = 0;
  #concerned = new Concerned();

  constructor(parts: RoomParts) {
    this.#parts = parts;
    this.large = new LargeGroup(parts.store);
    this.members = new Members(parts.store, this.large);
    this.switches = new GroupRulesStore(parts.store);
  }

  /** The conversation's own row; undefined until the conversation is created. */
  get row(): Readonly<StoredConversation> | undefined {
    return this.#row;
  }

  get ver(): number {
    return this.#ver;
  }

  get isDismissed(): boolean {
    return this.#row?.status === GroupStatus.DISMISSED;
  }

  /** Whom changes concern since these were last taken. */
  get concerned(): Concerned {
    return this.#concerned;
  }

  takeConcerned(): Concerned {
    const concerned = this.#concerned;
    this.#concerned = new Concerned();
    return concerned;
  }

  /** Creates the conversation with its first members. */
  found(userIds: readonly string[], creatorId: string, roleOf: (userId: string) => Role): void {
    const now = this.#parts.now();
    this.#row = {
      conversation_id: this.#parts.conversationId,
      created_at: now,
      creator_user_id: creatorId,
      status: GroupStatus.NORMAL,
      muted_until: 0,
      ver: 1,
      told_seq: 0,
      told_ver: 0,
      rev: 0,
      told_rev: 0,
    };
    this.#parts.store.createConversation(this.#row);
    for (const userId of userIds) {
      const entry = { from: 1, join_seq: 0, joined_at: now, role: roleOf(userId) };
      this.members.put(newMember(userId, { countable: 0, ver: 0 }, entry));
    }
    this.#ver = 1;
    this.growIfDue();
  }

  /** Creates a group. @param invitedIds users who are asked first */
  foundGroup(ownerId: string, userIds: readonly string[], invitedIds: readonly string[]): void {
    this.found(userIds, ownerId, (id) => (id === ownerId ? Role.OWNER : Role.MEMBER));
    for (const id of invitedIds) {
      this.members.put(invitedMember(id, { ver: 0 }, ownerId, this.#parts.now()));
      this.#keepDeparted(id);
    }
  }

  /** A group with more members than the setting allows for small ones becomes large, and stays so. */
  growIfDue(): void {
    const { ref, largeGroup } = this.#parts;
    if (this.large.isLarge || ref.type === 1 || this.members.count <= largeGroup) return;
    this.#ver++;
    this.large.put({ ver: this.#ver, group_ver: this.#ver, active: this.members.count });
    this.#concerned.all = true;
  }

  /** Stores what a waking object cannot take from the rows of all members of a large group. */
  keepLarge(): void {
    if (!this.large.isLarge) return;
    const group_ver = this.#concerned.all ? this.#ver : this.large.groupVer;
    this.large.put({ ver: this.#ver, group_ver, active: this.members.count });
  }

  /** The group's state before an operation. @throws NexoError GROUP_NOT_FOUND */
  view(): GroupView {
    const { ref, store, messages, amendments, maxMembers } = this.#parts;
    const row = this.#row;
    if (!row || ref.type === 1) throw new NexoError(Code.GROUP_NOT_FOUND);
    return {
      status: row.status,
      muted_until: row.muted_until,
      max_seq: messages.seq,
      countable: messages.countable,
      ver: this.#ver,
      rev: amendments.rev,
      max_members: maxMembers,
      active: this.members.count,
      rules: this.switches.rules,
      leaders: () => {
        const first = store.members.page(undefined, MOST_LEADERS).filter(({ role }) => role > Role.MEMBER);
        // Their marks in memory are newer than those in their rows.
        return first.flatMap(({ user_id }) => this.members.get(user_id) ?? []);
      },
      member: (userId: string) => this.members.get(userId),
    };
  }

  /** Writes what a plan changes of the group and its members. @throws NexoError GROUP_NOT_FOUND */
  carryOut(decided: Plan): void {
    const row = this.#row;
    if (!row) throw new NexoError(Code.GROUP_NOT_FOUND);
    const { status = row.status, muted_until = row.muted_until } = decided;
    const isChanged = status !== row.status || muted_until !== row.muted_until;
    const isOfGroup = isChanged || renames(decided);
    if (decided.members.length > 0 || (isOfGroup && this.large.isLarge)) this.#ver++;
    for (const member of decided.members) {
      this.members.put(member);
      if (isActive(member)) this.#concerned.members.add(member.user_id);
      else this.#keepDeparted(member.user_id);
    }
    if (isChanged) this.#updateRow({ status, muted_until });
    if (isOfGroup) this.#concerned.all = true;
    if (decided.rules) this.switches.change(decided.rules);
    decided.write?.();
    this.growIfDue();
  }

  /** Moves a user's read mark. @param countable the countable messages up to `seq` */
  markRead(member: Member, seq: number, countable: number): void {
    this.#ver++;
    const marked = { ...member, read_seq: seq, read_count: countable, ver: this.#ver };
    this.members.mark(marked);
    if (isActive(marked)) this.#concerned.members.add(member.user_id);
    else this.#keepDeparted(member.user_id);
  }

  /** Something changed for one member alone. */
  ownChange(member: Member, rev: number): void {
    const changed = { ...member, own_rev: rev };
    this.members.markOwn(changed);
    this.#concerned.members.add(member.user_id);
    if (!isActive(changed)) this.#keepDeparted(changed.user_id);
    // A waking object reads only some members of a large group.
    else if (this.large.isLarge) this.#updateRow({});
  }

  /**
   * A recall takes a content from former members, too: they are told where their list may show it. [OPS-3]
   * @returns who they are
   */
  recalled(seqs: readonly number[]): string[] {
    if (seqs.length === 0 || this.#parts.ref.type === 1) return [];
    const former = this.members.formerWith(seqs).map(({ user_id }) => user_id);
    for (const userId of former) this.#parts.store.putBehind(userId, NOTHING_KNOWN);
    return former;
  }

  /** Sets whether a user of a single chat refuses what the peer sends. */
  refuse(userId: string, refusal: Refusal): void {
    const member = this.members.active.get(userId);
    if (!member) return;
    // The user may have written while their inbox was still saying that the peer is unknown. [PRIV-1]
    const isKnown = refusal === Refusal.UNKNOWN && member.sent_bytes > 0;
    const refuses = isKnown ? Refusal.NONE : refusal;
    if (member.refuses !== refuses) this.members.put({ ...member, refuses });
  }

  /** Users who write to somebody take messages from them. */
  nowKnown(userId: string): void {
    if (this.members.active.get(userId)?.refuses === Refusal.UNKNOWN) this.refuse(userId, Refusal.NONE);
  }

  /** Whether the group is dismissed, as this member sees it: members who left before are not told. [VIS-5] */
  isDismissedFor(member: Member): boolean {
    const { seq } = this.#parts.messages;
    return this.isDismissed && visibleMax(member, seq) === seq;
  }

  /** Reads everything again from storage. @returns the greatest rev that is in the rows */
  load(): number {
    this.#row = this.#parts.store.conversation();
    this.large.load();
    this.switches.load();
    if (!this.#row) {
      this.members.clear();
      this.#ver = 0;
      return 0;
    }
    const { ver, rev } = this.members.load();
    this.#ver = Math.max(this.#row.ver, this.#row.told_ver, ver);
    return Math.max(this.#row.rev, rev);
  }

  /** An object that wakes loads active members only, so others get a row in `behind` until they are told. */
  #keepDeparted(userId: string): void {
    this.#parts.store.putBehind(userId, NOTHING_KNOWN);
    if (this.large.isLarge) this.large.leave(userId);
    this.#updateRow({});
  }

  #updateRow(changes: Partial<Pick<StoredConversation, "status" | "muted_until">>): void {
    if (!this.#row) return;
    this.#row = { ...this.#row, ...changes };
    const { status, muted_until } = this.#row;
    this.#parts.store.updateConversation(status, muted_until, { ver: this.#ver, rev: this.#parts.amendments.rev });
  }
}

/** Whether a plan changes what the list shows of the group itself. */
function renames({ notice }: Plan): boolean {
  return notice !== null && (KINDS.get(notice.type)?.renamesGroup ?? false);
}
