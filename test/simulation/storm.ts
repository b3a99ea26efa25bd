import type { SendMeta } from "../../src/core/calls.ts";
import type { GroupOperation } from "../../src/features/groups/operation.ts";
import type { Exports } from "./exports.ts";
import type { Searches } from "./searches.ts";
import type { User } from "./user.ts";
import type { World } from "./world.ts";

const ACTIONS = {
  send: 50,
  retry: 4,
  file: 6,
  store: 4,
  restart: 1.5,
  mark: 12,
  pull: 6,
  list: 3,
  configure: 2,
  room: 4,
  heartbeat: 6,
  join: 4,
  quit: 3,
  invite: 5,
  kick: 4,
  ban: 4,
  unban: 2,
  link: 4,
  join_by_link: 6,
  answer_application: 7,
  mute: 2,
  set_role: 2,
  transfer: 1,
  update: 3,
  nickname: 1,
  dismiss: 0.6,
  block: 2,
  privacy: 1,
  edit: 6,
  recall: 3,
  delete: 3,
  react: 6,
  pin: 2,
  forward: 1,
  own_data: 5,
  export: 3,
  search: 3,
  erase: 0.3,
};
const OF_GROUPS = new Set<string>([
  "join",
  "quit",
  "invite",
  "kick",
  "ban",
  "unban",
  "link",
  "join_by_link",
  "answer_application",
  "mute",
  "set_role",
  "transfer",
  "update",
  "nickname",
  "dismiss",
]);
type Action = keyof typeof ACTIONS;
/** What users of one run do ten times as often: it takes many of these in a row to find some faults. */
const HABITS: readonly (readonly Action[])[] = [
  [],
  [],
  ["own_data"],
  ["update"],
  ["ban", "join", "join_by_link"],
  ["export"],
  ["link", "set_role"],
  ["join", "answer_application", "update"],
  ["join", "update", "erase"],
];
/** The keys of small data: so few that devices write the same. */
const KEYS = ["one", "two", "three"];
/** The codes of links: so few that users find one. */
const CODES = ["a", "b", "c", "d"];

/** What users read besides their devices. */
interface Visits {
  readonly exports: Exports;
  readonly searches: Searches;
}

/** Users run random operations while everything that can fail does. */
export class Storm {
  readonly #world: World;
  readonly #users: readonly User[];
  readonly #conversations: readonly string[];
  readonly #weights: Readonly<Record<Action, number>>;
  readonly #exports: Exports;
  readonly #searches: Searches;

  constructor(world: World, users: readonly User[], { exports, searches }: Visits) {
    this.#exports = exports;
    this.#searches = searches;
    this.#world = world;
    this.#users = users;
    const { random } = world;
    const habits = random.pick(HABITS);
    this.#weights = { ...ACTIONS, ...Object.fromEntries(habits.map((action) => [action, 10 * ACTIONS[action]])) };
    const ids = users.map((user) => user.id);
    const singles = ids.flatMap((a) => ids.filter((b) => a < b && random.chance(0.4)).map((b) => `si_${a}:${b}`));
    const groups = ["sg_one", "sg_two"].slice(0, random.between(singles.length > 0 ? 0 : 1, 2));
    this.#conversations = [...singles, ...groups];
    for (const group of groups) this.#found(group);
  }

  async rage(): Promise<void> {
    const { random, scheduler } = this.#world;
    const actions = random.between(20, 90);
    const pace = random.pick([0.02, 0.06, 0.2]);
    for (let done = 0; done < actions; ) {
      this.#misfortune();
      if (random.chance(pace)) {
        this.#act(random.weighted(this.#weights));
        done++;
      } else if (scheduler.readyCount > 0 && !random.chance(0.03)) await scheduler.deliver();
      else this.#passTime();
    }
  }

  #found(group: string): void {
    const { random } = this.#world;
    const owner = random.pick(this.#users);
    const others = this.#users.map((user) => user.id).filter((id) => id !== owner.id && random.chance(0.5));
    // Within the smallest setting: this test does not cover groups that are too large from the start.
    owner.createGroup(group, others.slice(0, 2));
  }

  #passTime(): void {
    const { random, scheduler } = this.#world;
    const next = this.#world.nextWake;
    const step = random.below(random.pick([10, 500, 8_000]));
    this.#world.advance(random.chance(0.5) && next < scheduler.time + 60_000 ? next : scheduler.time + step);
  }

  #misfortune(): void {
    const { faults, random } = this.#world;
    const hosts = [...this.#world.hosts.values()];
    if (faults.happens("crash")) random.pick(hosts).crash();
    if (faults.happens("evict")) random.pick(hosts).evict();
    if (faults.happens("clock")) this.#world.shiftClock();
    if (faults.happens("oddAlarm")) {
      // Early, or a second time: an alarm only promises to ring at least once.
      const host = random.pick(hosts);
      if (!host.disk.isBlank) this.#world.ring(host);
    }
    if (faults.happens("breakSocket")) {
      const open = [...this.#world.wires].filter((wire) => wire.isOpen);
      if (open.length > 0) random.pick(open).break(random.chance(0.8));
    }
  }

  #act(action: Action): void {
    const { random } = this.#world;
    const user = random.pick(this.#users);
    const conversation = this.#conversationFor(user, action);
    if (!conversation) return;
    switch (action) {
      case "send":
        this.#send(user, conversation);
        break;
      case "file":
        void user.sendFile(conversation);
        break;
      case "store":
        random.pick(user.clients).store();
        break;
      case "restart":
        random.pick(user.clients).restart();
        break;
      case "retry":
        user.retry();
        break;
      case "own_data":
        user.storeData(random.pick(KEYS), random.pick(["", "a", "b", "c"]));
        break;
      case "export":
        user.export(this.#exports);
        break;
      case "search":
        void this.#searches.search(user.id, random.pick(this.#conversations));
        break;
      case "mark":
        user.markRead(conversation, random.below(this.#length(conversation) + 3));
        break;
      case "pull": {
        const [begin_seq, end_seq] = [
          random.below(this.#length(conversation) + 2),
          random.below(this.#length(conversation) + 2),
        ];
        const order = random.pick(["asc", "desc"]);
        user.pull(conversation, { begin_seq, end_seq, order, limit: random.between(1, 20) });
        break;
      }
      case "list":
        user.readList();
        break;
      case "configure":
        user.configure(conversation, {
          recv_msg_opt: random.pick([0, 1, 2] as const),
          is_pinned: random.chance(0.5),
          is_archived: random.chance(0.3),
          is_unread: random.chance(0.3),
        });
        break;
      case "block":
        user.block(random.pick(this.#users).id, random.chance(0.6));
        break;
      case "privacy":
        user.setReach({ messages_from: random.pick(["all", "known", "nobody"]) });
        break;
      case "erase":
        user.erase(random.pick(["messages", "anonymous"]));
        break;
      case "room":
        user.toggleRoom(conversation);
        break;
      case "heartbeat":
        random.pick(user.clients).heartbeat();
        break;
      case "edit":
      case "recall":
      case "delete":
      case "react":
      case "pin":
        user.operator.amend(conversation, action, this.#target(user, conversation), this.#mentions());
        break;
      case "forward":
        user.operator.forward(conversation, this.#target(user, conversation), random.pick(this.#conversations));
        break;
      default:
        user.operate(conversation, this.#operation(action, user));
        break;
    }
  }

  #send(user: User, conversation: string): void {
    const { random } = this.#world;
    // Rarely a burst that is too long for one update.
    const count = random.chance(0.003) ? 130 : random.chance(0.1) ? random.between(2, 12) : 1;
    for (let at = 0; at < count; at++) {
      user.send(conversation, { text: "x".repeat(random.below(12)) }, { meta: this.#meta(conversation) });
    }
  }

  #meta(conversation: string): SendMeta | undefined {
    const { random } = this.#world;
    if (random.chance(0.6)) return undefined;
    const reply_to = random.chance(0.5) ? random.below(this.#length(conversation) + 2) : 0;
    return { reply_to, mentions: this.#mentions() ?? [], mention_all: random.chance(0.1) };
  }

  /** Whom a message mentions; undefined if it does not say so. */
  #mentions(): string[] | undefined {
    const { random } = this.#world;
    if (random.chance(0.6)) return undefined;
    return this.#users.map(({ id }) => id).filter(() => random.chance(0.4));
  }

  /** The message that an operation is on: often one of the user's own, sometimes one that does not exist. */
  #target(user: User, conversation: string): number {
    const { random } = this.#world;
    const { disk } = this.#world.conversation(conversation);
    if (disk.isBlank || random.chance(0.4)) return 1 + random.below(this.#length(conversation) + 1);
    const own = `SELECT seq FROM messages WHERE sender_id = '${user.id}' AND msg_type = 1`;
    const seqs = disk.run<{ seq: number }>(own).map(({ seq }) => seq);
    return seqs.length > 0 ? random.pick(seqs) : 1;
  }

  #operation(action: Action, user: User): GroupOperation {
    const { random } = this.#world;
    const other = random.pick(this.#users).id;
    const some = this.#users.map(({ id }) => id).filter(() => random.chance(0.4));
    const user_ids = some.length > 0 ? some : [other];
    const fields: Partial<Record<Action, object>> = {
      join: { inviter_id: other },
      invite: { user_ids, unknown: [] },
      kick: { user_ids: user_ids.filter((id) => id !== user.id) },
      mute: { user_id: random.chance(0.3) ? null : other, seconds: random.pick([0, 1, 60]) },
      set_role: { user_id: other, role: random.between(1, 2) },
      transfer: { user_id: other },
      update: random.chance(0.5)
        ? { changes: { name: `name ${random.below(100)}` } }
        : { changes: {}, rules: this.#rules() },
      ban: { user_id: other, seconds: random.pick([0, 10, 60]) },
      unban: { user_id: other },
      answer_application: { user_id: other, accept: random.chance(0.7) },
      link: this.#link(),
      join_by_link: { inviter_id: "", code: random.pick(CODES) },
      nickname: { group_nickname: "nick" },
    };
    // Each action of a group has the fields of its operation above.
    return { type: action, ...fields[action] } as GroupOperation;
  }

  #rules(): object {
    const { random } = this.#world;
    return random.chance(0.4) ? { join_mode: random.between(1, 3) } : { slow_mode: random.pick([0, 10, 600, 600]) };
  }

  /** Makes a link with one of a few codes, for one or two users, or ends some. */
  #link(): object {
    const { random } = this.#world;
    const now = this.#world.wallClock;
    const code = random.pick(CODES);
    if (random.chance(0.2)) return { revoke: random.chance(0.5) ? code : null };
    const ends = { expires_at: random.chance(0.3) ? now + 5_000 : 0, max_uses: random.between(1, 2) };
    return { make: { code, creator_user_id: "", created_at: now, uses: 0, ...ends } };
  }

  #conversationFor(user: User, action: Action): string | undefined {
    const { random } = this.#world;
    const isOfGroups = OF_GROUPS.has(action);
    const fitting = this.#conversations.filter((id) => {
      if (id.startsWith("sg_")) return true;
      // Pulls any conversation, including foreign ones.
      return !isOfGroups && (action === "pull" || id.slice(3).split(":").includes(user.id));
    });
    return fitting.length > 0 ? random.pick(fitting) : undefined;
  }

  #length(conversationId: string): number {
    const { disk } = this.#world.conversation(conversationId);
    if (disk.isBlank) return 0;
    return disk.run<{ max: number }>("SELECT coalesce(max(seq), 0) AS max FROM messages")[0]?.max ?? 0;
  }
}
