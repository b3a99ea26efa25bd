import type { GroupMember } from "../../protocol/group-model.ts";
import { pauseAfter } from "../connection/pauses.ts";
import { type NexoClientError, toClientError } from "../errors.ts";
import type { PageOf } from "../pages.ts";
import { isSame } from "../same.ts";
import { LazyView, type View } from "../view.ts";

/** A group's members, for display. */
export interface MembersSnapshot {
  /** In the server's order: by role, highest first, then by join time. */
  readonly members: readonly GroupMember[];
  /** False until the members have been read for the first time. */
  readonly is_ready: boolean;
  readonly is_loading: boolean;
  /** Why the members could not be read; null if there is no error. */
  readonly error: NexoClientError | null;
}

export interface MembersParts {
  /** @throws NexoClientError */
  readonly ask: (request: { group_id: string; cursor: string; limit: number }) => Promise<PageOf<GroupMember>>;
  /** Whether requests are possible yet. */
  readonly isAble: () => boolean;
  /** Members that were read. */
  readonly read: (members: readonly GroupMember[]) => void;
}

/** Notices come in bursts: one request covers all of them. */
const PAUSE = 100;
const PAGE = 100;
/** The most members that are read of one group; further ones are not shown. [MEM-1] */
const MOST = 5_000;
/** The number of groups without subscribers whose members are kept, for display at once on a return. [MEM-1] */
const KEPT = 20;

/** The members of one group: read while the view has subscribers, and again after each notice. */
class Members {
  readonly view: LazyView<MembersSnapshot>;
  readonly #parts: MembersParts;
  readonly #groupId: string;
  #members: readonly GroupMember[] = Object.freeze([]);
  #isReady = false;
  #isLoading = false;
  /** Whether something has changed since the read began. */
  #isStale = false;
  #error: NexoClientError | null = null;
  #noticed = 0;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: MembersParts, groupId: string, watched: (isWatched: boolean) => void) {
    this.#parts = parts;
    this.#groupId = groupId;
    this.view = new LazyView(
      () =>
        Object.freeze({
          members: this.#members,
          is_ready: this.#isReady,
          is_loading: this.#isLoading,
          error: this.#error,
        }),
      (isWatched) => {
        watched(isWatched);
        if (isWatched) this.later(0);
        else this.stop();
      },
    );
  }

  noticed(seq: number): void {
    if (seq <= this.#noticed) return;
    this.#noticed = seq;
    this.later(PAUSE);
  }

  /** Reads the members after a pause, if the view has subscribers. */
  later(pause: number): void {
    this.#isStale = true;
    clearTimeout(this.#timer);
    if (this.view.isWatched) this.#timer = setTimeout(() => void this.#read(), pause);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #read(): Promise<void> {
    if (this.#isLoading || !this.#parts.isAble()) return;
    this.#isLoading = true;
    this.#error = null;
    this.view.changed();
    try {
      while (this.#isStale && this.view.isWatched) {
        this.#isStale = false;
        this.#take(await this.#pages());
      }
      this.#failures = 0;
    } catch (thrown) {
      this.#error = toClientError(thrown);
      if (this.#error.retryable) this.later(pauseAfter(this.#error, this.#failures++));
    } finally {
      this.#isLoading = false;
      this.view.changed();
    }
  }

  async #pages(): Promise<GroupMember[]> {
    const members: GroupMember[] = [];
    for (let cursor = ""; ; ) {
      const page = await this.#parts.ask({ group_id: this.#groupId, cursor, limit: PAGE });
      members.push(...page.items);
      if (page.next === "" || members.length >= MOST) return members.slice(0, MOST);
      cursor = page.next;
    }
  }

  #take(members: readonly GroupMember[]): void {
    this.#parts.read(members);
    const before = new Map(this.#members.map((member) => [member.user_id, member]));
    const kept = members.map((member) => {
      const known = before.get(member.user_id);
      return known && isSame(known, member) ? known : member;
    });
    this.#isReady = true;
    if (kept.length === this.#members.length && kept.every((member, index) => member === this.#members[index])) return;
    this.#members = Object.freeze(kept);
  }
}

/** The members of all groups whose views are in use. */
export class MemberBook {
  readonly #parts: MembersParts;
  /** The least recently viewed group first. */
  readonly #groups = new Map<string, Members>();

  constructor(parts: MembersParts) {
    this.#parts = parts;
  }

  /** Returns the same view for the same group. */
  view(groupId: string): View<MembersSnapshot> {
    const known = this.#groups.get(groupId);
    if (known) return known.view;
    const members: Members = new Members(this.#parts, groupId, () => this.#keep(groupId, members));
    this.#keep(groupId, members);
    return members.view;
  }

  /** Takes a notice of a group: its members, their roles or mutes have changed. */
  noticed(groupId: string, seq: number): void {
    this.#groups.get(groupId)?.noticed(seq);
  }

  /** The connection is back: changes that happened meanwhile were not received. */
  hurry(): void {
    for (const members of this.#groups.values()) members.later(0);
  }

  stop(): void {
    for (const members of this.#groups.values()) members.stop();
    this.#groups.clear();
  }

  #keep(groupId: string, members: Members): void {
    this.#groups.delete(groupId);
    this.#groups.set(groupId, members);
    const unwatched = [...this.#groups].filter(([, { view }]) => !view.isWatched);
    for (const [id] of unwatched.slice(0, -KEPT)) this.#groups.delete(id);
  }
}
