import { describe, expect, test } from "vitest";
import { NOTHING_KNOWN } from "../../../src/core/version.ts";
import { groupOperation } from "../../../src/features/groups/calls.ts";
import type { GroupOperation } from "../../../src/features/groups/operation.ts";
import type { Group, GroupMember } from "../../../src/protocol/group-model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { inside, roomOf } from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, people, type TestGroup } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ REQUEST_BURST: 100, REQUEST_RATE_PER_SECOND: 10 });

/** An operation as the caller's inbox passes it on. Those of one test reach the group in the order of the calls. */
function operate(who: Person, { conversation_id }: TestGroup, input: GroupOperation) {
  const call = { user_id: who.id, mark: NOTHING_KNOWN, operation: groupOperation.name, input };
  return roomOf(conversation_id).operate(call);
}

describe("an admin who is demoted or removed while an update is on its way", () => {
  const demote = (who: Person): GroupOperation => ({ type: "set_role", user_id: who.id, role: 1 });
  const remove = (who: Person): GroupOperation => ({ type: "kick", user_ids: [who.id] });

  test.each([
    ["demoted", demote, 3007],
    ["removed", remove, 3003],
  ])("[ROLE-1] changes no switch and no text: %s", async (_, end, refused) => {
    const [owner, admin] = await people("owner", "admin");
    const group = await makeGroup(owner, admin);
    const { group_id } = group;
    ok(await owner.post("/group/set_role", { group_id, user_id: admin.id, role_level: 2 }));
    const rules = { join_mode: 3, announcement_only: true } as const;
    const update = { type: "update", rules, texts: { announcement: "mine" } } as const;

    // D1 takes its time for the update; the end of the admin's role does not wait for it.
    const [changed, ended, named] = await Promise.all([
      operate(admin, group, { ...update, changes: {} }),
      operate(owner, group, end(admin)),
      operate(admin, group, { ...update, changes: { name: "named" } }),
    ]);
    expect(ended).toMatchObject({ ok: true });
    expect([changed, named]).toMatchObject([{ code: refused }, {}]);
    const now = ok(await owner.get<Group>("/group/info", { group_id }));
    expect(now).toMatchObject({ join_mode: 1, announcement_only: false, announcement: "" });
  });
});

describe("requests that are refused early", () => {
  test("[JOIN-2] a code that no link can have is refused after the login, and counts", async () => {
    const [ann] = await people("ann");
    const again = await ann.on(5);
    for (const [who, code] of [
      [ann, 2001],
      [again, 3013],
    ] as const) {
      expect((await who.post("/group/join", { code: "x" })).code).toBe(code);
      expect((await who.post("/group/join", { code: "a.b", group_id: "c" })).code).toBe(code);
      expect((await who.get("/group/link", { code: "x" })).code).toBe(code);
    }
    const codes = await Promise.all(Array.from({ length: 150 }, () => again.get("/group/link", { code: "x" })));
    expect(new Set(codes.map(({ code }) => code))).toEqual(new Set([3013, 1006]));
  });

  test("[ROLE-2] a group that does not exist comes before a user who does not", async () => {
    const [owner] = await people("owner");
    const { group_id } = await makeGroup(owner);
    for (const [id, code] of [
      ["nowhere", 3001],
      [group_id, 2006],
    ]) {
      expect((await owner.post("/group/ban", { group_id: id, user_id: "nobody" })).code).toBe(code);
      const answer = { group_id: id, user_id: "nobody", accept: true };
      expect((await owner.post("/group/applications/answer", answer)).code).toBe(code);
    }
  });
});

test("[MEM-1] a page of members is bounded, whatever the limit", async () => {
  const [owner] = await people("owner");
  const { group_id, conversation_id } = await makeGroup(owner);
  await inside(roomOf(conversation_id), (_, { storage: { sql } }) => {
    const columns = sql.exec<{ name: string }>("SELECT name FROM pragma_table_info('members')").toArray();
    const values = columns.map(({ name }) => (name === "user_id" ? "'m' || i" : name === "role" ? "1" : name));
    sql.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
      INSERT INTO members SELECT ${values.join(", ")} FROM members, n`);
  });
  for (const limit of [undefined, 501, Number.MAX_SAFE_INTEGER]) {
    const page = await owner.get<GroupMember[]>("/group/members", { group_id, limit });
    expect([ok(page).length, page.meta?.has_more]).toEqual([500, true]);
  }
});
