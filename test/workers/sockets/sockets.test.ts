import { abortAllDurableObjects, evictAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { LEAD } from "../../../src/core/list/list.ts";
import type { Synced } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import {
  countStarts,
  deliver,
  eventually,
  inboxOf,
  inside,
  roomOf,
  sendFrames,
} from "../../helpers/workers/objects.ts";
import { outgoing, type Person, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";
import { type Moved, openSocket, type TestSocket, upgrade } from "../../helpers/workers/socket.ts";

const MAX = 4;
settings({ MAX_SOCKETS_PER_USER: MAX, SEND_BURST: 100_000, SEND_RATE_PER_SECOND: 100_000 });

interface Sent {
  seq: number;
}

const bytes = (text: string) => Uint8Array.from(Buffer.from(text)).buffer;

/** Both kinds of socket of one user. */
async function both(who: Person, chat: string, query = {}): Promise<TestSocket[]> {
  return Promise.all([who.socket(query), who.roomSocket(chat, query)]);
}

describe("hibernation", () => {
  test("[SOCK-3] [SEND-1] [PUSH-1] sockets work after their objects were evicted, and keep their state", async () => {
    const [alice, bob, chat] = await pair();
    const sockets = await both(alice, chat);
    const encoded = await both(bob, chat, { sdk_type: "go" });
    const [v2, inChat] = encoded;
    for (let round = 0; round < 3; round++) {
      for (const socket of sockets) {
        const { seq } = (await socket.request<Sent>(1003, outgoing(bob, "x"))).data;
        const [other] = sockets.filter((one) => one !== socket);
        for (const hears of [other, ...encoded]) {
          await hears?.push<{ msgs: Record<string, Sent[]> }>(2001, ({ msgs }) => msgs[chat]?.at(-1)?.seq === seq);
        }
        await evictAllDurableObjects();
      }
    }
    for (const socket of encoded) {
      expect(socket.pushedSeqs()).toEqual([2, 3, 4, 5, 6, 7]);
    }
    // The original has no conversation's socket, so there is no dialect on it. [WIRE-8]
    expect(v2?.log.every((frame) => frame.encoded && frame.binary)).toBe(true);
    expect(inChat?.log.some((frame) => frame.encoded || frame.binary)).toBe(false);
    // Not to the sending socket.
    expect(sockets.map((socket) => socket.pushedSeqs())).toEqual([
      [3, 5, 7],
      [2, 4, 6],
    ]);
  });

  test("[SYNC-4] [SOCK-3] a ping is answered with the cursor and wakes no object, on both kinds of socket", async () => {
    const [alice, bob, chat] = await pair();
    const [own, room] = await both(bob, chat);
    await alice.text(bob);
    const { cursor } = (await own?.push<Moved>(2001)) ?? { cursor: 0 };
    const starts = await countStarts();
    await Promise.all([evictDurableObject(inboxOf(bob)), evictDurableObject(roomOf(chat))]);
    const started = starts();
    expect(await own?.ping()).toBe(`pong:${cursor}`);
    expect(await room?.ping()).toBe("pong");
    expect(starts()).toBe(started);
    // The same counter does see a wake-up by any other frame, and the next ping has the next number.
    expect((await own?.request(1006, { conversation_id: chat }))?.err_code).toBe(0);
    expect(starts()).toBeGreaterThan(started);
    await alice.text(bob);
    await own?.push<Moved>(2001, ({ prev }) => prev === cursor);
    expect(await own?.ping()).toBe(`pong:${cursor + LEAD + 1}`);
  });

  test("[SYNC-4] a restarted object answers pings with the right cursor from the start", async () => {
    const [alice, bob] = await pair();
    const { cursor } = await bob.sync(0);
    await abortAllDurableObjects();
    const socket = await bob.socket();
    expect(await socket.ping()).toBe(`pong:${cursor}`);
    await alice.text(bob);
    await socket.push(2001);
    expect(await socket.ping()).toBe(`pong:${cursor + LEAD + 1}`);
  });

  test("[SYNC-2] [SYNC-4] the next heartbeat reveals a lost last push, and sync returns it", async () => {
    const [alice, bob, chat] = await pair();
    const socket = await bob.socket();
    const known = (await socket.request<Synced>(1009, { since: 0 })).data.cursor;
    // The wire drops one frame, the last one.
    await inside(inboxOf(bob), (_, state) => {
      for (const server of state.getWebSockets()) {
        const { send } = server;
        server.send = () => {
          server.send = send;
        };
      }
    });
    await alice.text(bob, "lost");
    await eventually(async () => expect((await bob.entry(chat))?.max_seq).toBe(2));
    expect(socket.pushedSeqs()).toEqual([]);
    const heard = Number((await socket.ping()).slice("pong:".length));
    expect(heard).toBe(known + 1);
    const { data } = await socket.request<Synced>(1009, { since: known });
    expect(data).toMatchObject({ cursor: heard, conversations: [{ conversation_id: chat, max_seq: 2 }] });
  });
});

describe("frames", () => {
  test("[WIRE-8] the original's clients get binary frames of base64 from the first on, and may send both kinds", async () => {
    const [alice, bob, chat] = await pair();
    for (const query of [{ send_id: bob.id }, { sdk_type: "" }, { send_id: bob.id, platform_id: 0, since: "" }]) {
      const socket = await bob.socket(query);
      const { seq } = await alice.text(bob);
      await socket.push<{ msgs: Record<string, Sent[]> }>(2001, ({ msgs }) => msgs[chat]?.at(-1)?.seq === seq);
      await evictDurableObject(inboxOf(bob));
      const frame = (msg_incr: string, data: unknown) =>
        JSON.stringify({ req_identifier: 1001, msg_incr, operation_id: "", send_id: bob.id, data });
      socket.send(bytes(frame("binary", Buffer.from("{}").toString("base64"))));
      socket.send(frame("text", Buffer.from("{}").toString("base64")));
      socket.send(frame("plain", {}));
      for (const incr of ["binary", "text", "plain"]) {
        expect((await socket.answer(incr)).data).toEqual({ seqs: { [chat]: seq } });
      }
      socket.send(frame("refused", { conversation_ids: 7 }));
      expect((await socket.answer("refused")).err_code).toBe(1001);
      for (const garbage of [[0xff, 0xfe], [], [0x7b]]) {
        socket.send(new Uint8Array(garbage).buffer);
        await socket.push(3001);
      }
      expect(socket.log.every(({ binary }) => binary)).toBe(true);
      expect(socket.log.filter(({ err_code }) => err_code === 0).every(({ encoded }) => encoded)).toBe(true);
      expect(await socket.ping()).toMatch(/^pong:\d+$/);
      socket.send(new Uint8Array(51_201).buffer);
      expect((await socket.closed).code).toBe(1009);
    }
  });

  test("[WIRE-8] [SOCK-1] other connections do not: neither one that offers nexo nor a conversation's", async () => {
    const [alice, bob, chat] = await pair();
    const query = { token: bob.token, send_id: bob.id, sdk_type: "go" };
    for (const socket of [
      await openSocket(query, { "Sec-WebSocket-Protocol": "nexo" }),
      await openSocket({ ...query, conversation_id: chat }),
      await bob.socket({ platform_id: 5 }),
    ]) {
      await alice.text(bob);
      await socket.push(2001);
      await socket.request(1001, {});
      expect(socket.log.some(({ binary, encoded }) => binary || encoded)).toBe(false);
      socket.send(bytes("{}"));
      expect((await socket.closed).code).toBe(1003);
    }
  });

  test("[SOCK-6] a client that sends base64 gets answers and pushes in base64 from then on, over an eviction", async () => {
    const [alice, bob, chat] = await pair();
    for (const socket of await both(alice, chat)) {
      expect((await socket.request(1006, { conversation_id: chat })).encoded).toBe(false);
      const data = Buffer.from(JSON.stringify(outgoing(bob, "ü 👋"))).toString("base64");
      expect(await socket.request<Sent>(1003, data)).toMatchObject({ err_code: 0, encoded: true });
      await evictAllDurableObjects();
      expect((await socket.request(1006, { conversation_id: chat })).encoded).toBe(true);
      await bob.text(alice, "and back");
      await socket.push(2001);
      expect(socket.log.at(-1)?.encoded).toBe(true);
    }
  });

  test("[SOCK-1] data that is not a frame gets 3001; binary and too large frames close the socket", async () => {
    const [alice, , chat] = await pair();
    for (const socket of await both(alice, chat)) {
      for (const garbage of ["", "{", "[]", "null", '{"req_identifier":"1003"}', '{"req_identifier":1.5}']) {
        socket.send(garbage);
        await eventually(() => expect(socket.log.at(-1)).toMatchObject({ req_identifier: 3001, err_code: 5003 }));
        socket.log.length = 0;
      }
      const exact = JSON.stringify({ req_identifier: 4242, msg_incr: "edge", pad: "" });
      socket.send(exact.replace('"pad":""', `"pad":"${"é".repeat((51_200 - exact.length) / 2)}"`));
      expect(await socket.answer("edge")).toMatchObject({ err_code: 5003, req_identifier: 4242 });
      for (const data of [[], "no base64"]) {
        const [unknown, wrong] = [await socket.request(4242, data), await socket.request(1006, data)];
        expect([unknown.err_code, wrong.err_code]).toEqual([5003, 1001]);
      }
      socket.send('{"req_identifier":1001,"msg_incr":"without data"}');
      expect(await socket.answer("without data")).toMatchObject({ err_code: 0 });
      socket.send(new ArrayBuffer(4));
      expect(await socket.closed).toMatchObject({ code: 1003 });
    }
    for (const socket of await both(alice, chat)) {
      socket.send(JSON.stringify({ req_identifier: 1006, pad: "é".repeat(25_600) }));
      expect(await socket.closed).toMatchObject({ code: 1009 });
    }
  });

  test("[SOCK-2] a socket that keeps sending garbage is closed 4008, and a new socket gets everything", async () => {
    const [alice, bob, chat] = await pair();
    for (const socket of await both(alice, chat)) {
      for (let at = 0; at < 25; at++) socket.send("garbage");
      expect(await socket.closed).toMatchObject({ code: 4008 });
    }
    expect((await bob.send(alice, "still there?")).code).toBe(0);
    expect((await alice.socket().then((socket) => socket.request(1006, { conversation_id: chat }))).err_code).toBe(0);
  });

  test("[SOCK-2] a socket that stops reading is closed before it costs memory", async () => {
    const [alice, bob, chat] = await pair();
    const [own, room] = await both(bob, chat);
    for (const stub of [inboxOf(bob), roomOf(chat)]) {
      await inside(stub, (_, state) => {
        for (const server of state.getWebSockets()) Object.defineProperty(server, "bufferedAmount", { value: 2 ** 24 });
      });
    }
    await alice.text(bob);
    for (const socket of [own, room]) expect(await socket?.closed).toMatchObject({ code: 4008 });
    const again = await bob.socket();
    expect((await again.request<Synced>(1009, { since: 0 })).data.conversations).toMatchObject([{ max_seq: 2 }]);
  });

  test("[MEM-1] [SEND-5] each of 1,000 frames sent at once is answered or refused, in order", async () => {
    const [alice, bob, chat] = await pair();
    const ids = Array.from({ length: 1_000 }, (_, at) => `r-${at}`);
    for (const stub of [inboxOf(alice), roomOf(chat)]) {
      const socket = await alice.socket(stub.id.equals(roomOf(chat).id) ? { conversation_id: chat } : {});
      await deliver(
        stub,
        sendFrames(
          "r-",
          ids.map(() => outgoing(bob, "x")),
        ),
      );
      await socket.answer("r-999");
      const answers = socket.log.filter((frame) => frame.req_identifier === 1003);
      expect(answers.map((frame) => frame.msg_incr)).toEqual(ids);
      expect(answers.every((frame) => frame.err_code === 0)).toBe(true);
    }
    expect((await bob.readState(chat)).max_seq).toBe(2_001);
  });
});

describe("opening", () => {
  test("[SOCK-5] the number of a user's sockets is limited, both kinds together; racing openings cannot bypass it", async () => {
    const [alice, , chat] = await pair();
    const opening = Array.from({ length: 3 * MAX }, (_, at) => (at % 2 ? alice.socket() : alice.roomSocket(chat)));
    const settled = await Promise.allSettled(opening);
    const opened = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    for (const one of settled) if (one.status === "rejected") expect(String(one.reason)).toContain("5001");
    expect(opened.length).toBe(MAX);
    opened[0]?.close();
    opened[1]?.close();
    await eventually(async () => (await alice.socket()).ping());
    await eventually(async () => (await alice.roomSocket(chat)).ping());
    await expect(alice.socket()).rejects.toThrow("5001");
  });

  test("[SOCK-5] records of sockets that were lost without a close do not count", async () => {
    const [alice, , chat] = await pair();
    for (let at = 0; at < MAX - 1; at++) await alice.roomSocket(chat);
    await abortAllDurableObjects();
    // None of those is open any more, so there is room for a full set of each kind.
    for (let at = 0; at < MAX; at++) await alice.socket();
    await expect(alice.roomSocket(chat)).rejects.toThrow("5001");
    await abortAllDurableObjects();
    for (let at = 0; at < MAX; at++) await alice.roomSocket(chat);
  });

  test("[SOCK-4] a refused upgrade is an envelope; if nexo is offered, the socket gets the reason and is closed", async () => {
    const [alice, bob, chat] = await pair();
    const [carol] = await people("carol");
    ok(await carol.post("/auth/logout"));
    const cases: [query: Record<string, string | number>, status: number, code: number, close: number][] = [
      [{}, 401, 2003, 4001],
      [{ token: "garbage" }, 401, 2001, 4001],
      [{ token: carol.token }, 401, 2001, 4001],
      [{ token: alice.token, send_id: bob.id }, 401, 2004, 4001],
      [{ token: alice.token, platform_id: 1 }, 401, 2004, 4001],
      [{ token: alice.token, conversation_id: "sg_nowhere" }, 403, 1007, 4003],
      [{ token: alice.token, conversation_id: "no id" }, 400, 1001, 4003],
    ];
    for (const [query, status, code, close] of cases) {
      const refused = await upgrade(query);
      expect([refused.status, await refused.json()]).toMatchObject([status, { code, data: null }]);
      const told = await upgrade(query, { "Sec-WebSocket-Protocol": "nexo" });
      expect([told.status, told.headers.get("Sec-WebSocket-Protocol")]).toEqual([101, "nexo"]);
      const frames: string[] = [];
      const closed = new Promise<CloseEvent>((resolve) => told.webSocket?.addEventListener("close", resolve));
      told.webSocket?.addEventListener("message", ({ data }) => {
        frames.push(String(data));
      });
      told.webSocket?.accept();
      expect(await closed).toMatchObject({ code: close });
      expect(frames.map((frame) => JSON.parse(frame))).toMatchObject([{ req_identifier: 2002, data: { code } }]);
    }
    const protocols = `nexo, nexo.token.${alice.token}`;
    const opened = await upgrade({ conversation_id: chat }, { "Sec-WebSocket-Protocol": protocols });
    expect([opened.status, opened.headers.get("Sec-WebSocket-Protocol")]).toEqual([101, "nexo"]);
    opened.webSocket?.accept();
    const elsewhere = await upgrade({ token: alice.token }, { Origin: "https://evil.example" });
    expect([elsewhere.status, await elsewhere.json()]).toMatchObject([403, { code: 1004 }]);
  });
});
