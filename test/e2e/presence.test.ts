import { describe, expect, test } from "vitest";
import type { Presence } from "../../src/client/index.ts";
import { ok } from "../helpers/node/checks.ts";
import { cast, type Person, talkingPair } from "../helpers/node/people.ts";
import type { Socket } from "../helpers/node/socket.ts";
import { useServer } from "../helpers/node/suite.ts";
import { platform } from "../helpers/node/wire.ts";

const suite = useServer();

type Items = { items: Presence[] };

const statusOf = (viewer: Person, ...users: Person[]) => viewer.api.user.onlineStatus(users.map(({ id }) => id));
const offline = (user: Person) => ({ user_id: user.id, status: 0, detail_platform_status: [] });

describe("presence", () => {
  test("[PRES-1] a user is online on these platforms to users who share a chat or group; offline to everyone else", async () => {
    const [[alice, bob], [carol, mallory]] = await Promise.all([
      talkingPair(suite.rest),
      cast(suite.rest, "carol", "mallory"),
    ]);
    await bob.api.group.create({ name: "g", member_ids: [carol.id] });
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

  test("[PRES-1] a user who hides is offline to all, and shown again when they stop hiding", async () => {
    const [alice, bob] = await talkingPair(suite.rest);
    await bob.socket();
    const own = async () => (await bob.api.user.me()).hidden;
    expect(await own()).toBe(false);
    expect((await bob.api.user.update({ hidden: true })).hidden).toBe(true);
    expect(await statusOf(alice, bob)).toEqual([offline(bob)]);
    expect(await own()).toBe(true);
    expect(await alice.api.user.profile(bob.id)).not.toHaveProperty("hidden");
    expect((await bob.api.user.update({ nickname: "Robert" })).hidden).toBe(true);
    await bob.api.user.update({ hidden: false });
    expect((await statusOf(alice, bob))[0]?.status).toBe(1);
  });

  test("[PRES-2] a watched user's changes are pushed within about a second, until the socket watches others", async () => {
    const [[alice, bob], [carol]] = await Promise.all([talkingPair(suite.rest), cast(suite.rest, "carol")]);
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

  test("[PRES-1] [PRES-2] a watched user is shown once a chat begins, and no longer once the group is left", async () => {
    const [[alice, bob], [owner]] = await Promise.all([cast(suite.rest, "alice", "bob"), cast(suite.rest, "owner")]);
    await bob.socket();
    const [watcher, outsider] = [await alice.socket(), await owner.socket()];
    const watch = async (socket: Socket) =>
      ok(await socket.request<Items>(1010, { user_ids: [bob.id] })).items[0]?.status;
    expect([await watch(watcher), await watch(outsider)]).toEqual([0, 0]);
    await bob.text(alice, "hello");
    await watcher.nextPush<Items>(2005, ({ items }) => items[0]?.status === 1, 3_000);
    expect(outsider.pushes.filter((push) => push.req_identifier === 2005)).toEqual([]);

    const { id: group_id } = await owner.api.group.create({ name: "g", member_ids: [bob.id] });
    await outsider.nextPush<Items>(2005, ({ items }) => items[0]?.status === 1, 3_000);
    expect(await owner.api.group.kick({ group_id, user_ids: [bob.id] })).toEqual([{ user_id: bob.id, code: 0 }]);
    await outsider.nextPush<Items>(2005, ({ items }) => items[0]?.status === 0, 3_000);
    expect(await watch(outsider)).toBe(0);
    expect(await watch(watcher)).toBe(1);
  });

  test("[PRES-4] a user whose only socket was a conversation's is offline after a kill -9", async () => {
    const [alice, bob, chat] = await talkingPair(suite.rest);
    await bob.socketOf(chat);
    expect((await statusOf(alice, bob))[0]?.status).toBe(1);
    await suite.server.kill9();
    await suite.server.restart();
    expect(await statusOf(alice, bob)).toEqual([offline(bob)]);
  });
});
