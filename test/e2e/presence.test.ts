import { describe, expect, test } from "vitest";
import { ok } from "../helpers/node/checks.ts";
import type { Socket } from "../helpers/node/client.ts";
import { cast, type Person, talkingPair } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { type Group, platform } from "../helpers/node/wire.ts";

const suite = useServer();

type Item = {
  user_id: string;
  status: number;
  detail_platform_status: { platform_id: number; platform_name: string; conn_id: string }[];
};
type Items = { items: Item[] };

const statusOf = async (viewer: Person, ...users: Person[]) => {
  const user_ids = users.map((user) => user.id);
  return ok(await viewer.api.post<Item[]>("/user/get_users_online_status", { user_ids }));
};
const offline = (user: Person) => ({ user_id: user.id, status: 0, detail_platform_status: [] });

describe("presence", () => {
  test("[PRES-1] online on these platforms to who shares a chat or group; offline to everyone else", async () => {
    const [[alice, bob], [carol, mallory]] = await Promise.all([
      talkingPair(suite.api),
      cast(suite.api, "carol", "mallory"),
    ]);
    ok(await bob.api.post<Group>("/group/create", { name: "g", member_ids: [carol.id] }));
    expect(await statusOf(alice, bob)).toEqual([offline(bob)]);
    const phone = await (await bob.on(platform.ios)).socket();
    const seen = [{ platform_id: platform.ios, platform_name: "iOS", conn_id: expect.any(String) }];
    for (const friend of [alice, carol]) {
      expect(await statusOf(friend, bob)).toEqual([{ user_id: bob.id, status: 1, detail_platform_status: seen }]);
    }
    expect(await statusOf(mallory, bob)).toEqual([offline(bob)]);
    await phone.close();
    expect(await statusOf(alice, bob)).toEqual([offline(bob)]);
  });

  test("[PRES-1] who hides is offline to all, and shown again when they show themselves", async () => {
    const [alice, bob] = await talkingPair(suite.api);
    await bob.socket();
    const own = async () => ok(await bob.api.get<{ hidden: boolean }>("/user/info")).hidden;
    expect(await own()).toBe(false);
    expect(ok(await bob.api.put<{ hidden: boolean }>("/user/update", { hidden: true })).hidden).toBe(true);
    expect(await statusOf(alice, bob)).toEqual([offline(bob)]);
    expect(await own()).toBe(true);
    expect(ok(await alice.api.get(`/user/profile/${bob.id}`))).not.toHaveProperty("hidden");
    expect(ok(await bob.api.put<{ hidden: boolean }>("/user/update", { nickname: "Robert" })).hidden).toBe(true);
    ok(await bob.api.put("/user/update", { hidden: false }));
    expect((await statusOf(alice, bob))[0]?.status).toBe(1);
  });

  test("[PRES-2] a watched user's coming and going is pushed within a second or so, until one watches others", async () => {
    const [[alice, bob], [carol]] = await Promise.all([talkingPair(suite.api), cast(suite.api, "carol")]);
    await alice.text(carol, "hello");
    const watcher = await alice.socket();
    expect(ok(await watcher.request<Items>(1010, { user_ids: [bob.id] })).items).toEqual([offline(bob)]);
    const his = await bob.socket();
    const online = await watcher.nextPush<Items>(2005, ({ items }) => items[0]?.status === 1, 3_000);
    expect(online.data.items[0]?.user_id).toBe(bob.id);
    await his.close();
    await watcher.nextPush<Items>(2005, ({ items }) => items[0]?.status === 0, 3_000);

    ok(await watcher.request<Items>(1010, { user_ids: [carol.id] }));
    await bob.socket();
    await carol.socket();
    const next = await watcher.nextPush<Items>(2005, undefined, 3_000);
    expect(next.data.items[0]?.user_id).toBe(carol.id);
    expect(watcher.pushes.filter((push) => push.req_identifier === 2005)).toEqual([]);
  });

  test("[PRES-1] [PRES-2] who is watched is shown once a chat begins, and no more once a group is left", async () => {
    const [[alice, bob], [owner]] = await Promise.all([cast(suite.api, "alice", "bob"), cast(suite.api, "owner")]);
    await bob.socket();
    const [watcher, outsider] = [await alice.socket(), await owner.socket()];
    const watch = async (socket: Socket) =>
      ok(await socket.request<Items>(1010, { user_ids: [bob.id] })).items[0]?.status;
    expect([await watch(watcher), await watch(outsider)]).toEqual([0, 0]);
    await bob.text(alice, "hello");
    await watcher.nextPush<Items>(2005, ({ items }) => items[0]?.status === 1, 3_000);
    expect(outsider.pushes.filter((push) => push.req_identifier === 2005)).toEqual([]);

    const { id: group_id } = ok(await owner.api.post<Group>("/group/create", { name: "g", member_ids: [bob.id] }));
    await outsider.nextPush<Items>(2005, ({ items }) => items[0]?.status === 1, 3_000);
    ok(await owner.api.post("/group/kick", { group_id, user_ids: [bob.id] }));
    await outsider.nextPush<Items>(2005, ({ items }) => items[0]?.status === 0, 3_000);
    expect(await watch(outsider)).toBe(0);
    expect(await watch(watcher)).toBe(1);
  });
});
