import { describe, expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { pair, people } from "../../helpers/workers/people.ts";

type Item = {
  user_id: string;
  status: number;
  detail_platform_status: { platform_id: number; platform_name: string }[];
};
type Items = { items: Item[] };

const platforms = ({ detail_platform_status }: Item) => detail_platform_status.map(({ platform_id }) => platform_id);

describe("[WIRE-9] users see themselves as online", () => {
  test("through their sockets, also those of conversations, and even while they hide from others", async () => {
    const [alice, bob, chat] = await pair();
    const ask = async () => {
      const answer = await alice.post<Item[]>("/user/get_users_online_status", { user_ids: [bob.id, alice.id] });
      return ok(answer)[1];
    };
    expect(await ask()).toEqual({ user_id: alice.id, status: 0, detail_platform_status: [] });
    await alice.roomSocket(chat);
    expect(await ask()).toMatchObject({ user_id: alice.id, status: 1 });
    ok(await alice.put("/user/update", { hidden: true }));
    expect(await ask()).toMatchObject({ status: 1 });
    const seen = ok(await bob.post<Item[]>("/user/get_users_online_status", { user_ids: [alice.id] }));
    expect(seen).toMatchObject([{ status: 0 }]);
  });

  test("and a socket that watches its own user gets a push when another device connects or disconnects", async () => {
    const [alice] = await people("alice");
    const socket = await alice.socket();
    const { data } = await socket.request<Items>(1010, { user_ids: [alice.id] });
    expect(data.items.map(platforms)).toEqual([[5]]);
    const pad = await alice.on(9);
    const other = await pad.socket();
    const { items } = await socket.push<Items>(2005, ({ items }) => platforms(items[0] as Item).length === 2);
    expect(items[0]?.detail_platform_status.map(({ platform_name }) => platform_name).sort()).toEqual(["Web", "iPad"]);
    other.close();
    await socket.push<Items>(2005, ({ items }) => platforms(items[0] as Item).length === 1);
  });
});

test("[HIDE-1] changing hidden too often is refused, and others see the last answered state", async () => {
  const [alice, bob] = await pair();
  await bob.socket();
  const socket = await alice.socket();
  await socket.request(1010, { user_ids: [bob.id] });
  const hide = (hidden: boolean, more = {}) => bob.put("/user/update", { hidden, ...more });
  let refused = await hide(true);
  for (let times = 0; times < 150 && refused.code === 0; times++) refused = await hide(times % 2 === 1);
  expect([refused.code, refused.headers.get("Retry-After")]).toEqual([1006, "10"]);
  const { hidden } = ok(await bob.get<{ hidden: boolean }>("/user/info"));
  const [seen] = ok(await alice.post<Item[]>("/user/get_users_online_status", { user_ids: [bob.id] }));
  expect(seen?.status).toBe(hidden ? 0 : 1);
  // Setting the current value is not a change, and is never refused.
  ok(await hide(hidden, { nickname: "Bob" }));
});
