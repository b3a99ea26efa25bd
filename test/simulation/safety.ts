import { Code } from "../../src/protocol/codes.ts";
import type { Ledger } from "./ledger.ts";
import type { Disk } from "./platform/disk.ts";
import type { User } from "./user.ts";
import type { World } from "./world.ts";

/** Checks who came into groups and who may, and what users keep for themselves. */
export class Safety {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #users: readonly User[];

  constructor(world: World, ledger: Ledger, users: readonly User[]) {
    this.#world = world;
    this.#ledger = ledger;
    this.#users = users;
  }

  groups(): void {
    for (const id of this.#ledger.groups.keys()) {
      const { disk } = this.#world.conversation(id);
      if (!disk.isBlank && hasTable(disk, "group_bans")) this.#admission(id, disk);
    }
  }

  /** All devices have what is stored, and that is what was stored last. [DATA-1] */
  ownData({ id, erasure, clients, ownData }: User): void {
    const { disk } = this.#world.inbox(id);
    if (erasure || !hasTable(disk, "own_data")) return;
    const rows = disk.run<{ key: string; value: string }>("SELECT key, value FROM own_data WHERE value <> ''");
    const stored = new Map(rows.map(({ key, value }) => [key, value]));
    for (const wrong of ownData.wrongs(stored)) this.#ledger.complain(`${id}: ${wrong}`);
    const text = (items: ReadonlyMap<string, string>) => JSON.stringify([...items].sort());
    for (const client of clients) {
      const has = text(client.ownData.items);
      if (has !== text(stored)) this.#ledger.complain(`[DATA-1] ${client.name} has ${has} of ${text(stored)}`);
    }
  }

  /** What a user who tries to come in now is told: of a ban, until it ends. [BAN-1] */
  attempt(group: string, userId: string, code: number | null): void {
    const { disk } = this.#world.conversation(group);
    if (disk.isBlank || disk.run("SELECT 1 FROM room WHERE status = 1").length === 0) return;
    const now = this.#world.wallClock;
    const query = `SELECT 1 FROM group_bans WHERE user_id = '${userId}' AND (banned_until = 0 OR banned_until > ${now})`;
    const isBanned = hasTable(disk, "group_bans") && disk.run(query).length > 0;
    if (isBanned !== (code === Code.BANNED)) this.#ledger.complain(`[BAN-1] ${userId} tries to join ${group}: ${code}`);
  }

  /**
   * Nobody came in while banned, waits inside or after an erasure; no link let in more users than it may, or outlives the
   * right of its maker. [BAN-1] [JOIN-1] [JOIN-2] [ERASE-2]
   */
  #admission(id: string, disk: Disk): void {
    const gone = this.#users.filter(({ erasure }) => erasure).map((user) => user.id);
    const members = "SELECT user_id FROM members WHERE status = 1";
    const checks = {
      // A member who has a ban came in after it was set.
      "[BAN-1] came in while banned": `SELECT user_id AS one FROM group_bans JOIN members USING (user_id)
        WHERE status = 1 AND (banned_until = 0 OR joined_at < banned_until)`,
      "[JOIN-1] waits inside": `SELECT user_id AS one FROM group_applications WHERE user_id IN (${members})`,
      "[ERASE-2] waits after the erasure": `SELECT user_id AS one FROM group_applications
        WHERE user_id IN (SELECT value FROM json_each('${JSON.stringify(gone)}'))`,
      "[JOIN-2] let in too many": "SELECT code AS one FROM group_links WHERE max_uses > 0 AND uses > max_uses",
      "[JOIN-2] outlives its maker's right": `SELECT code AS one FROM group_links WHERE creator_user_id NOT IN (${members} AND role > 1)
        AND creator_user_id NOT IN (SELECT value FROM json_each('${JSON.stringify(gone)}'))`,
    };
    for (const [what, query] of Object.entries(checks)) {
      for (const { one } of disk.run<{ one: string }>(query)) this.#ledger.complain(`${id}: ${one} ${what}`);
    }
  }
}

function hasTable(disk: Disk, name: string): boolean {
  return disk.run(`SELECT name FROM sqlite_master WHERE name = '${name}'`).length > 0;
}
