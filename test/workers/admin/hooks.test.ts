import { createMessageBatch } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deliverEvents } from "../../../src/features/hooks/consumer.ts";
import { ok } from "../../helpers/workers/api.ts";
import { erased, erasureStep, isErased } from "../../helpers/workers/erasure.ts";
import { makeKey } from "../../helpers/workers/keys.ts";
import { alarmOf, eventually, ring, roomOf, rows } from "../../helpers/workers/objects.ts";
import { makeGroup, PASSWORD, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

interface Event {
  id: string;
  type: string;
  data: Record<string, unknown>;
}
interface Put {
  body: string;
  delaySeconds?: number | undefined;
}

/** What the queues were given. */
const queued: Put[] = [];
const dead: Put[] = [];
let isQueueUp = true;
/** The calls that the queues were given. */
let puts = 0;
const queueOf = (into: Put[]) => ({
  sendBatch: async (messages: Put[]) => {
    if (!isQueueUp) throw new Error("the queue is down");
    // The platform takes a hundred at a time.
    if (messages.length === 0 || messages.length > 100) throw new Error(`a batch of ${messages.length} messages`);
    puts++;
    into.push(...messages);
  },
});
settings({ WEBHOOKS: "on" });
Object.assign(env, { HOOKS: queueOf(queued), HOOKS_DEAD: queueOf(dead) });

const key = await makeKey("hooks,users,messages");
const calls: { url: string; headers: Headers; body: string; redirect: string }[] = [];
let answer: (url: string) => Response | Promise<Response> = () => new Response("ok");
vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
  const request = new Request(input as string, init as RequestInit);
  const { url, headers, redirect } = request;
  calls.push({ url, headers, redirect, body: await request.text() });
  return await answer(url);
});
vi.spyOn(console, "error").mockImplementation(() => undefined);

const events = (): Event[] => queued.map(({ body }) => JSON.parse(body.split("\n").at(-1) ?? ""));
const of = (...types: string[]) => events().filter(({ type }) => types.includes(type));

/** Delivers what the queue has now. */
async function consume(): Promise<void> {
  const taken = queued.splice(0).map(({ body }, at) => ({ id: String(at), timestamp: new Date(), attempts: 1, body }));
  await deliverEvents(createMessageBatch("nexo-im-hooks", taken), env);
}

interface Hook {
  hook_id: string;
  secret: string;
  types: string[];
  disabled: string;
}
const add = async (body: object = {}) =>
  ok(await key.post<Hook>("/admin/hooks", { url: "https://app.nexo.chat/in", ...body }));

beforeEach(async () => {
  await env.DB.batch([env.DB.prepare("DELETE FROM hooks"), env.DB.prepare("DELETE FROM hook_log")]);
});
afterEach(() => {
  isQueueUp = true;
  puts = 0;
  answer = () => new Response("ok");
  for (const list of [queued, dead, calls]) list.length = 0;
});

describe("[HOOK-1] an event", () => {
  test("tells of each message and notice once, with the message as clients see it", async () => {
    const [alice, bob, chat] = await pair();
    const { group_id } = await makeGroup(alice);
    const sent = await alice.text(bob, "for the backend");
    ok(await alice.post("/group/invite", { group_id, user_ids: [bob.id] }));
    await eventually(() => expect(of("notice")).toHaveLength(1));
    await eventually(() => expect(of("message.sent").map(({ id }) => id)).toContain(`${chat}:${sent.seq}`));
    const event = of("message.sent").find(({ id }) => id === `${chat}:${sent.seq}`);
    expect(event?.data).toEqual(sent);
    expect(of("notice")[0]).toMatchObject({ id: `sg_${group_id}:1`, data: { msg_type: 1002 } });
    expect(new Set(events().map(({ id }) => id)).size).toBe(events().length);
  });

  test("keeps the digits of numbers in a content", async () => {
    const [alice, bob] = await people("alice", "bob");
    const content = `{"custom_type":"n","custom_data":12345678901234567890.5}`;
    const body = `{"client_msg_id":"x","recv_id":"${bob.id}","msg_type":100,"content":${content}}`;
    ok(await alice.post("/msg/send", body));
    await eventually(() => expect(queued.map(({ body }) => body).join()).toContain(content));
  });

  test("waits while the queue is down, then comes once; the watermark waits for it and costs no row of its own", async () => {
    const [alice, bob, chat] = await pair();
    await eventually(async () => expect(await alarmOf(roomOf(chat))).not.toBeNull());
    await ring(roomOf(chat));
    queued.length = 0;
    isQueueUp = false;
    await alice.text(bob, "one");
    await alice.text(bob, "two");
    await ring(roomOf(chat));
    const told = async () => (await rows<{ told_seq: number }>(roomOf(chat), "SELECT told_seq FROM room"))[0]?.told_seq;
    const before = await told();
    expect(of("message.sent")).toEqual([]);
    expect(await alarmOf(roomOf(chat))).not.toBeNull();
    isQueueUp = true;
    await ring(roomOf(chat));
    expect(of("message.sent").map(({ data }) => (data.content as { text: string }).text)).toEqual(["one", "two"]);
    expect(await told()).toBe((before ?? 0) + 2);
  });

  test("tells of accounts and logins, and never of passwords", async () => {
    ok(await key.post("/admin/users", { user_id: "told", nickname: "Told", password: PASSWORD }));
    ok(await key.post("/admin/tokens", { user_id: "told" }));
    ok(await key.put("/admin/users/told", { nickname: "Told again" }));
    ok(await key.post("/admin/users/told/ban"));
    await eventually(() => expect(of("login.ended")).toHaveLength(1));
    expect(events().map(({ type }) => type)).toEqual([
      "user.registered",
      "login.made",
      "user.updated",
      "login.ended",
      "user.banned",
    ]);
    expect(JSON.stringify(queued)).not.toContain(PASSWORD);
    expect(JSON.stringify(queued)).not.toContain("scrypt");
  });

  test("[ERASE-1] tells once an account is erased to the end, and again if the queue was down, with the same id", async () => {
    const [zoe] = await people("zoe");
    await zoe.socket();
    isQueueUp = false;
    ok(await key.post(`/admin/users/${zoe.id}/erase`));
    ok(await key.post(`/admin/users/${zoe.id}/erase`, { mode: "anonymous" }));
    for (let step = 0; step < 5; step++) await erasureStep(zoe);
    expect(await isErased(zoe)).toBe(false);
    expect(of("user.erased")).toEqual([]);
    isQueueUp = true;
    await erased(zoe);
    const told = of("user.erased").filter(({ data }) => data.user_id === zoe.id);
    expect(new Set(told.map(({ id }) => id))).toEqual(new Set([`evt_erased_${zoe.id}`]));
  });

  test("that is about an account and cannot be queued does not stop the request", async () => {
    isQueueUp = false;
    ok(await key.post("/admin/users", { user_id: "lost", nickname: "Lost" }));
  });
});

/** Verifies a call as a receiver does, by the Standard Webhooks scheme. */
async function isSignedWith(secret: string, { headers, body }: { headers: Headers; body: string }): Promise<boolean> {
  const raw = Buffer.from(secret.replace("whsec_", ""), "base64");
  const hmac = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  const content = `${headers.get("webhook-id")}.${headers.get("webhook-timestamp")}.${body}`;
  const signatures = (headers.get("webhook-signature") ?? "")
    .split(" ")
    .map((one) => Buffer.from(one.slice(3), "base64"));
  const checks = signatures.map((one) => crypto.subtle.verify("HMAC", hmac, one, new TextEncoder().encode(content)));
  return (await Promise.all(checks)).includes(true);
}

const put = (id: string, type = "message.sent", data: object = {}) =>
  queued.push({ body: JSON.stringify({ id, type, timestamp: "", data }) });

describe("[HOOK-2] a call", () => {
  test("is signed, has the id of its event, and follows no redirect", async () => {
    const hook = await add();
    put("c:1");
    await consume();
    const [made] = calls;
    if (!made) throw new Error("no call");
    expect(made.headers.get("webhook-id")).toBe("c:1");
    expect(Math.abs(Number(made.headers.get("webhook-timestamp")) - Date.now() / 1_000)).toBeLessThan(60);
    expect(made.redirect).toBe("manual");
    expect(await isSignedWith(hook.secret, made)).toBe(true);
    expect(await isSignedWith(hook.secret, { ...made, body: `${made.body} ` })).toBe(false);
    expect(await isSignedWith(`whsec_${Buffer.alloc(32).toString("base64")}`, made)).toBe(false);
    expect(JSON.parse(made.body)).toMatchObject({ id: "c:1", type: "message.sent" });
  });

  // The example of the specification, standard-webhooks/libraries.
  test("has the signature of the scheme's own example", async () => {
    const { signedHeaders } = await import("../../../src/core/signing.ts");
    const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const headers = await signedHeaders(
      [secret],
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      '{"test": 2432232314}',
      1_614_265_330_000,
    );
    expect(headers["webhook-signature"]).toBe("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  });

  test("is signed with both secrets for a day after a rotation", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const hook = await add();
    const { secret } = ok(await key.post<Hook>(`/admin/hooks/${hook.hook_id}/rotate`));
    expect(secret).not.toBe(hook.secret);
    put("c:1");
    await consume();
    vi.setSystemTime(Date.now() + 86_400_001);
    put("c:2");
    await consume();
    vi.useRealTimers();
    const signed = await Promise.all(
      calls.map(async (one) => [await isSignedWith(hook.secret, one), await isSignedWith(secret, one)]),
    );
    expect(signed).toEqual([
      [true, true],
      [false, true],
    ]);
  });

  test("carries the events that its endpoint asks for, one or many at a time", async () => {
    await add({ types: ["notice"], url: "https://one.nexo.chat/" });
    await add({ batch: 2, url: "https://two.nexo.chat/" });
    for (const at of [1, 2, 3]) put(`c:${at}`);
    put("c:4", "notice");
    await consume();
    const bodies = (host: string) => calls.filter(({ url }) => url.includes(host)).map(({ body }) => JSON.parse(body));
    expect(bodies("one").map(({ id }) => id)).toEqual(["c:4"]);
    expect(bodies("two").map((body) => [body.type, body.events.map(({ id }: Event) => id)])).toEqual([
      ["batch", ["c:1", "c:2"]],
      ["batch", ["c:3", "c:4"]],
    ]);
  });
});

describe("[HOOK-3] an endpoint that", () => {
  test.each<[string, () => Response | Promise<Response>]>([
    ["answers 500", () => new Response("", { status: 500 })],
    ["redirects", () => new Response("", { status: 302, headers: { Location: "http://169.254.169.254/" } })],
    ["cannot be reached", () => Promise.reject(new TypeError("no route"))],
    ["hangs", () => Promise.reject(new DOMException("timed out", "TimeoutError"))],
  ])("%s is tried again alone, later and later, for three days, and then given up", async (_, bad) => {
    await add({ url: "https://good.nexo.chat/" });
    const { hook_id } = await add({ url: "https://bad.nexo.chat/" });
    answer = (url) => (url.includes("bad") ? bad() : new Response("ok"));
    put("c:1");
    put("c:2");
    let pause = 0;
    let attempts = 0;
    while (queued.length > 0 && attempts < 50) {
      attempts++;
      await consume();
      pause += queued[0]?.delaySeconds ?? 0;
      expect(queued.every(({ delaySeconds = 0 }) => delaySeconds <= 43_200)).toBe(true);
    }
    expect(pause).toBeGreaterThan(2.5 * 86_400);
    expect(pause).toBeLessThan(3.5 * 86_400);
    expect(calls.filter(({ url }) => url.includes("good"))).toHaveLength(2);
    // The second event is not tried once the first has failed.
    expect(calls.filter(({ url }) => url.includes("bad"))).toHaveLength(attempts);
    expect(dead.map(({ body }) => JSON.parse(body.split("\n")[1] ?? "").id)).toEqual(["c:1", "c:2"]);
    expect(dead[0]?.body).toContain(hook_id);
  });

  test("is slow gets the rest in another batch, at once and without a failed attempt", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    await add();
    answer = () => {
      vi.setSystemTime(Date.now() + 14_000);
      return new Response("ok");
    };
    const ids = Array.from({ length: 12 }, (_, at) => `c:${at + 1}`);
    for (const id of ids) put(id);
    const got = () => calls.map(({ body }) => JSON.parse(body).id);
    await consume();
    expect(got()).toEqual(ids.slice(0, 5));
    expect(queued.map(({ delaySeconds }) => delaySeconds)).toEqual(Array.from({ length: 7 }, () => 0));
    while (queued.length > 0) await consume();
    vi.useRealTimers();
    expect(got()).toEqual(ids);
  });

  test("fails with a whole batch costs one call of the queue", async () => {
    await add();
    answer = () => new Response("", { status: 500 });
    for (let at = 1; at <= 100; at++) put(`c:${at}`);
    await consume();
    expect([queued.length, puts]).toEqual([100, 1]);
  });

  test("answers 410 is disabled, and can be enabled again", async () => {
    const { hook_id } = await add();
    answer = () => new Response("", { status: 410 });
    put("c:1");
    await consume();
    expect(queued).toEqual([]);
    expect(ok(await key.get<Hook[]>("/admin/hooks"))[0]?.disabled).toContain("410");
    put("c:2");
    await consume();
    expect(calls).toHaveLength(1);
    answer = () => new Response("ok");
    expect(ok(await key.put<Hook>(`/admin/hooks/${hook_id}`, { enabled: true })).disabled).toBe("");
    put("c:3");
    await consume();
    expect(calls).toHaveLength(2);
  });

  test("comes back after an hour of 500 gets every event, and a receiver that orders by seq has them all", async () => {
    const [alice, bob, chat] = await pair();
    await eventually(() => expect(of("message.sent").length).toBeGreaterThan(0));
    await add({ types: ["message.sent"] });
    queued.length = 0;
    answer = () => new Response("", { status: 500 });
    const seqs: number[] = [];
    for (const text of ["a", "b", "c", "d"]) {
      seqs.push((await alice.text(bob, text)).seq);
      await eventually(() => expect(queued.length).toBeGreaterThan(0));
      await consume();
    }
    answer = () => new Response("ok");
    calls.length = 0;
    // The queue delivers everything twice, the newest first.
    queued.push(...queued.map((one) => ({ ...one })));
    queued.reverse();
    await consume();
    const received = calls.map(({ body }) => JSON.parse(body)).filter(({ data }) => data.conversation_id === chat);
    const bySeq = new Map(received.map(({ data }) => [data.seq, data.content.text]));
    expect([...bySeq].sort(([a], [b]) => a - b)).toEqual(seqs.map((seq, at) => [seq, "abcd"[at]]));
  });

  test("fails while D1 is out is not forgotten: the whole batch is repeated", async () => {
    await add();
    put("c:1");
    const taken = { id: "1", timestamp: new Date(), attempts: 1, body: queued[0]?.body };
    const broken = {
      ...env,
      DB: {
        prepare: () => {
          throw new Error("D1 is out");
        },
      } as unknown as D1Database,
    };
    await expect(deliverEvents(createMessageBatch("q", [taken]), broken)).rejects.toThrow("D1 is out");
    isQueueUp = false;
    answer = () => new Response("", { status: 500 });
    await expect(deliverEvents(createMessageBatch("q", [taken]), env)).rejects.toThrow("the queue is down");
  });

  test("gets an unreadable message never, and the others all the same", async () => {
    await add();
    queued.push({ body: "no event" });
    put("c:1");
    await consume();
    expect(calls).toHaveLength(1);
    expect(queued).toEqual([]);
  });
});

describe("the endpoints", () => {
  test.each([
    "http://app.nexo.chat/",
    "https://localhost/",
    "https://app.localhost/",
    "https://127.0.0.1/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://10.0.0.1/",
    "https://169.254.169.254/",
    "https://metadata.google.internal/",
    "https://router/",
    "https://nas.local/",
    "https://app.nexo.chat:8443/",
    "https://me:secret@app.nexo.chat/",
    "https://app.nexo.chat@127.0.0.1/",
    "ftp://app.nexo.chat/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "//app.nexo.chat/",
    "https://127.0.0.1.:443/",
    "https://①②⑦.0.0.1/",
    "",
  ])("[HOOK-4] cannot be %s", async (url) => {
    expect(await key.post("/admin/hooks", { url })).toMatchObject({ status: 400, code: 1001 });
    const { hook_id } = await add();
    expect((await key.put(`/admin/hooks/${hook_id}`, { url })).code).toBe(1001);
  });

  test("[HOOK-4] are checked again before each call", async () => {
    const { hook_id } = await add();
    await env.DB.prepare("UPDATE hooks SET url = 'https://127.0.0.1/' WHERE hook_id = ?").bind(hook_id).run();
    put("c:1");
    await consume();
    expect(calls).toEqual([]);
    expect(queued).toHaveLength(1);
  });

  test("[MEM-1] are at most five; each keeps its last hundred calls; secrets are shown once", async () => {
    const hooks: Hook[] = [];
    for (let at = 0; at < 5; at++) hooks.push(await add());
    expect((await key.post("/admin/hooks", { url: "https://app.nexo.chat/" })).code).toBe(1001);
    const listed = await key.get<Hook[]>("/admin/hooks");
    expect(ok(listed)).toHaveLength(5);
    for (const { secret } of hooks) expect(listed.raw).not.toContain(secret);
    const [kept, ...others] = hooks;
    for (const { hook_id } of others) ok(await key.post(`/admin/hooks/${hook_id}/remove`));
    for (let at = 0; at < 103; at++) put(`c:${at}`);
    await consume();
    const log = ok(await key.get<{ event_id: string }[]>(`/admin/hooks/${kept?.hook_id}/log`));
    expect([log.length, log[0]?.event_id, log.at(-1)?.event_id]).toEqual([100, "c:102", "c:3"]);
  });

  test("can be tested at once, and unknown ones are not found", async () => {
    const { hook_id, secret } = await add();
    expect(ok(await key.post(`/admin/hooks/${hook_id}/test`))).toMatchObject({ ok: true, status: 200, detail: "" });
    expect(calls[0] && (await isSignedWith(secret, calls[0]))).toBe(true);
    answer = () => new Response("", { status: 404 });
    expect(ok(await key.post(`/admin/hooks/${hook_id}/test`))).toMatchObject({ ok: false, status: 404 });
    for (const what of ["test", "rotate", "remove"]) {
      expect((await key.post(`/admin/hooks/nowhere/${what}`)).code).toBe(1005);
    }
    expect((await key.get("/admin/hooks/nowhere/log")).code).toBe(1005);
    expect((await key.put("/admin/hooks/nowhere", { batch: 2 })).code).toBe(1005);
  });

  test.each([{ types: ["everything"] }, { batch: 0 }, { batch: 101 }, { secret: "short" }, { secret: "whsec_AAAA" }])(
    "are not made with %o",
    async (body) => {
      expect((await key.post("/admin/hooks", { url: "https://app.nexo.chat/", ...body })).code).toBe(1001);
    },
  );
});
