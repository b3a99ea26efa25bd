import { setTimeout as sleep } from "node:timers/promises";
import { equal, ok, refused, that } from "../../test/helpers/node/checks.ts";
import { uniqueId } from "../../test/helpers/node/people.ts";
import { Socket } from "../../test/helpers/node/socket.ts";
import { upgrade } from "../../test/helpers/node/upgrade.ts";
import { singleId } from "../../test/helpers/node/wire.ts";
import type { Smoke } from "./run.ts";

export async function refusals(smoke: Smoke): Promise<void> {
  const { server } = smoke;
  const [alice, bob, mallory] = await smoke.cast("alice", "bob", "mallory");
  const chat = alice.chatWith(bob);
  await alice.api.user.me();
  await alice.text(bob, "between us");

  await smoke.step("routes: no token 2003, garbage 2001", async () => {
    refused(await server.get("/user/info"), 2003);
    refused(await server.as("garbage").get("/user/info"), 2001);
  });

  await smoke.step("sockets: no token 2003, garbage 2001, another user's id or another platform 2004", async () => {
    const withToken = `/ws?token=${alice.token}`;
    refused(await upgrade(server.url, "/ws"), 2003);
    refused(await upgrade(server.url, "/ws?token=garbage"), 2001);
    refused(await upgrade(server.url, `${withToken}&send_id=${bob.id}`), 2004);
    refused(await upgrade(server.url, `${withToken}&platform_id=1`), 2004);
    equal((await upgrade(server.url, `${withToken}&send_id=${alice.id}&platform_id=5`)).status, 101, "one's own");
  });

  await smoke.step("sockets: an Origin that is not listed is refused, an absent one is accepted", async () => {
    const path = `/ws?token=${alice.token}`;
    const foreign = await upgrade(server.url, path, { origin: "https://nexo-smoke.invalid" });
    equal([foreign.status, foreign.data], [403, null], "HTTP status and data");
    equal((await upgrade(server.url, path)).status, 101, "HTTP status without an Origin");
  });

  await smoke.step(
    "a browser gets the reason: the socket is accepted, gets 2002, and is closed 4001 for a token, else 4003",
    async () => {
      const refusal = async (socket: Socket) => {
        const { told, closeCode } = await socket.end();
        return [told?.code, closeCode];
      };
      const garbage = Socket.open(server.url, { token: "garbage", by: "subprotocol" });
      equal(await refusal(await smoke.keep(garbage)), [2001, 4001], "codes for garbage");
      const foreign = mallory.socketOf(chat, { by: "subprotocol" });
      equal(await refusal(await smoke.keep(foreign)), [1007, 4003], "codes for an outsider");
    },
  );

  await smoke.step("an outsider learns nothing of a chat, whether it exists or not: 1007", async () => {
    for (const conversation_id of [chat, singleId(alice.id, uniqueId("nobody")), "sg_no-such-group"]) {
      const query = { conversation_id };
      const { rest } = mallory;
      refused(await rest.get("/msg/pull", query), 1007);
      refused(await rest.get("/msg/max_seq", query), 1007);
      refused(await rest.get("/conversation/info", query), 1007);
      refused(await rest.get("/conversation/max_read_seq", query), 1007);
      refused(await rest.get("/conversation/unread_count", query), 1007);
      refused(await rest.post("/conversation/mark_read", { ...query, read_seq: 1 }), 1007);
      refused(await upgrade(server.url, `/ws?token=${mallory.token}&conversation_id=${conversation_id}`), 1007);
    }
  });

  await smoke.step("an outsider's frames are 1007, and a foreign send_id 2004", async () => {
    const socket = await smoke.keep(mallory.socket());
    for (const kind of [1002, 1005, 1006, 1007]) {
      const data = { conversation_id: chat, seq_list: [1], read_seq: 1 };
      refused(await socket.request(kind, data), 1007);
    }
    refused(await socket.request(1001, {}, { send_id: alice.id }), 2004);
  });

  await smoke.step("a broken body is 1001, an unknown route 1005, a wrong method 1001 with HTTP 405", async () => {
    const headers = { "content-type": "application/json" };
    refused(await alice.rest.call("POST", "/msg/send", { raw: '{"recv_id":', headers }), 1001);
    refused(await alice.rest.get("/no/such/route"), 1005);
    refused(await alice.rest.post("/user/info"), 1001, { status: 405 });
  });

  await smoke.step("requests over the rate are 1006 with Retry-After, and succeed after it", async () => {
    const totals = () => mallory.rest.get("/conversation/unread_count");
    const all = await Promise.all(Array.from({ length: 400 }, totals));
    const over = all.find(({ code }) => code !== 0);
    // A deployment may have raised the rate.
    if (!over) return;
    refused(over, 1006);
    const seconds = Number(over.headers.get("retry-after"));
    that(seconds > 0 && seconds <= 60, "Retry-After is present", seconds);
    await sleep(1_000 * seconds);
    ok(await totals());
  });

  await smoke.step("the caller's request id is kept", async () => {
    const headers = { "x-request-id": `smoke-${crypto.randomUUID()}` };
    const answer = await alice.rest.call("GET", "/user/info", { headers });
    equal(answer.requestId, headers["x-request-id"], "X-Request-Id");
    that((await server.get("/health")).requestId !== "", "the server makes one if there is none");
  });
}
