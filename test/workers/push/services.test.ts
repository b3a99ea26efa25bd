import { abortAllDurableObjects } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { importSPKI, jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { ok } from "../../helpers/workers/api.ts";
import { alarmOf, eventually, inboxOf, ring, rows } from "../../helpers/workers/objects.ts";
import { makeGroup, type Person, pair } from "../../helpers/workers/people.ts";
import { browserOf, receivedBy } from "../../helpers/workers/push.ts";

const devicesOf = (person: Person) => rows(inboxOf(person), "SELECT token FROM devices");
const waiting = (person: Person) => rows(inboxOf(person), "SELECT 1 FROM notifications WHERE due > 0");

/** Waits until nothing waits to be sent. */
async function isDone(person: Person, timeout?: number): Promise<void> {
  await eventually(async () => expect(await waiting(person)).toEqual([]), timeout);
}

describe("a push service that answers", () => {
  test.each([404, 410])("%i: the device is dropped, and gets nothing more [NOTIFY-7]", async (status) => {
    const [alice, bob] = await pair();
    const phone = await browserOf(bob, `${status}`);
    await alice.text(bob, "one");
    await eventually(async () => expect(await devicesOf(bob)).toEqual([]));
    await alice.text(bob, "two");
    await eventually(async () => expect((await bob.entry(alice.chatWith(bob)))?.max_seq).toBe(3));
    expect((await receivedBy(phone.name)).length).toBe(1);
    expect(await alarmOf(inboxOf(bob))).toBeNull();
  });

  test.each([429, 500, 503])("%i: it is asked once more, and the device stays [NOTIFY-7]", async (status) => {
    const [alice, bob] = await pair();
    const [phone, other] = [await browserOf(bob, `${status}`), await browserOf(await bob.on(4), `${status}-once`)];
    await alice.text(bob, "hello");
    await isDone(bob, 10_000);
    expect((await phone.pushes()).map(({ body }) => body)).toEqual(["hello", "hello"]);
    expect((await other.pushes()).length).toBe(2);
    expect((await devicesOf(bob)).length).toBe(2);
  });

  test.each([200, 201, 202, 204, 400, 401, 403, 413])(
    "%i: it is not asked again, and the device stays",
    async (status) => {
      const [alice, bob] = await pair();
      const phone = await browserOf(bob, `${status}`);
      await alice.text(bob, "hello");
      await phone.gets(1);
      await isDone(bob);
      expect((await receivedBy(phone.name)).length).toBe(1);
      expect((await devicesOf(bob)).length).toBe(1);
    },
  );

  test("a redirect: it is not followed [NOTIFY-5]", async () => {
    const [alice, bob] = await pair();
    const phone = await browserOf(bob, "redirects");
    await alice.text(bob, "hello");
    await phone.gets(1);
    await isDone(bob);
    expect(await receivedBy("elsewhere")).toEqual([]);
  });
});

test("a push service that hangs holds up no message, no other chat's notification and no other device [NOTIFY-5]", async () => {
  const [alice, bob] = await pair();
  const hanging = await browserOf(bob, "hangs");
  const phone = await browserOf(await bob.on(4));
  await alice.text(bob, "one");
  await phone.gets(1);
  const group = await makeGroup(alice, bob);
  await alice.text(group, "two");
  const [, two] = await phone.gets(2, 10_000);
  expect(two).toMatchObject({ title: "the group", body: "alice: two" });
  expect((await bob.pull(alice.chatWith(bob))).messages.length).toBe(2);
  // Two tries of 10 s each; until then the notification is remembered, and would be sent again after a crash.
  expect((await waiting(bob)).length).toBeGreaterThan(0);
  await isDone(bob, 28_000);
  expect((await receivedBy(hanging.name)).length).toBe(4);
});

test("a message that comes while an earlier notification is being sent is notified of after it [NOTIFY-1] [NOTIFY-3]", async () => {
  const [alice, bob] = await pair();
  const phone = await browserOf(bob, "503-once");
  await alice.text(bob, "one");
  // The second try comes after a second.
  await phone.gets(1);
  await alice.text(bob, "two");
  const bodies = await eventually(async () => {
    const pushes = await phone.pushes();
    expect(pushes.length).toBe(3);
    return pushes.map(({ body }) => body);
  }, 10_000);
  expect(bodies).toEqual(["one", "one", "two"]);
  await isDone(bob);
});

test("an earlier notification that ends after a later one does not take its place [NOTIFY-3]", async () => {
  const [alice, bob] = await pair();
  const phone = await browserOf(bob, "hangs-once");
  await alice.text(bob, "one");
  await phone.gets(1);
  await alice.text(bob, "two");
  await phone.gets(2, 10_000);
  // The first try of the earlier one ends after 10 s, the second with success.
  await phone.gets(3, 20_000);
  await isDone(bob);
  const newest = (await bob.entry(alice.chatWith(bob)))?.max_seq;
  expect(await rows(inboxOf(bob), "SELECT sent_seq, shown_seq FROM notifications")).toEqual([
    { sent_seq: newest, shown_seq: newest },
  ]);
});

test("a crash while a push service is asked: it is asked again [NOTIFY-1]", async () => {
  const [alice, bob] = await pair();
  const phone = await browserOf(bob, "hangs-once");
  await alice.text(bob, "hello");
  await phone.gets(1);
  await abortAllDurableObjects();
  await eventually(async () => {
    await ring(inboxOf(bob));
    expect((await phone.pushes()).map(({ body }) => body)).toEqual(["hello", "hello"]);
  }, 10_000);
  await isDone(bob);
});

test("FCM gets a signed account's access, a ready text, and data of strings; the token of a gone device is dropped [NOTIFY-7]", async () => {
  const [alice, bob, chat] = await pair();
  const token = "fcm:works_1";
  const { device_id } = ok(await bob.post<{ device_id: string }>("/push/register", { kind: "fcm", token }));
  expect(device_id).toMatch(/^[\w-]{22}$/);
  const { seq } = await alice.text(bob, "hello");
  const [request] = await eventually(async () => {
    const received = await receivedBy(token);
    expect(received.length).toBe(1);
    return received;
  });
  expect(request?.url).toBe("https://fcm.googleapis.com/v1/projects/nexo-test/messages:send");
  expect(request?.headers.authorization).toBe("Bearer access 0");
  const { message } = JSON.parse(Buffer.from(request?.body ?? "", "base64").toString());
  expect(message).toMatchObject({
    token,
    notification: { title: "alice", body: "hello" },
    data: { type: "message", conversation_id: chat, seq: String(seq), badge: "2", unread_count: "2", user_id: bob.id },
    android: {
      priority: "HIGH",
      collapse_key: expect.stringMatching(/^[\w-]{32}$/),
      notification: { notification_count: 2 },
    },
    apns: { payload: { aps: { badge: 2 } } },
  });
  expect(Object.values(message.data).every((value) => typeof value === "string")).toBe(true);
  expect(message.apns.headers["apns-collapse-id"]).toBe(message.android.notification.tag);

  const [asked] = await receivedBy("oauth");
  const form = new URLSearchParams(Buffer.from(asked?.body ?? "", "base64").toString());
  expect(form.get("grant_type")).toBe("urn:ietf:params:oauth:grant-type:jwt-bearer");
  const account = JSON.parse(env.FCM_SERVICE_ACCOUNT ?? "");
  const key = await importSPKI(account.public_key, "RS256");
  const options = {
    issuer: account.client_email,
    audience: "https://oauth2.googleapis.com/token",
    algorithms: ["RS256"],
  };
  const { payload } = await jwtVerify(form.get("assertion") ?? "", key, options);
  expect(payload.scope).toBe("https://www.googleapis.com/auth/firebase.messaging");

  // The same kind of device of one login replaces the one before.
  ok(await bob.post("/push/register", { kind: "fcm", token: "404" }));
  expect(await devicesOf(bob)).toEqual([{ token: "404" }]);
  await alice.text(bob, "again");
  await eventually(async () => expect(await devicesOf(bob)).toEqual([]), 8_000);
  // One access for both.
  expect((await receivedBy("oauth")).length).toBe(1);
});

test("an access that Google no longer takes is asked for anew [NOTIFY-7]", async () => {
  const [alice, bob] = await pair();
  ok(await bob.post("/push/register", { kind: "fcm", token: "401-once" }));
  await alice.text(bob, "hello");
  await isDone(bob, 8_000);
  const [first, second] = (await receivedBy("401-once")).map(({ headers }) => headers.authorization);
  expect(first).toMatch(/^Bearer access \d+$/);
  expect(second).toMatch(/^Bearer access \d+$/);
  expect(second).not.toBe(first);
});

describe("privacy decides what a notification shows [NOTIFY-6]", () => {
  test.each([
    ["full", "en", "the group", "alice: hello"],
    ["name", "en", "the group", "New message"],
    ["none", "en", "New message", ""],
    ["full", "zh-CN", "the group", "alice：hello"],
    ["name", "zh-Hans", "the group", "你有一条新消息"],
    ["none", "zh", "你有一条新消息", ""],
    [undefined, undefined, "the group", "alice: hello"],
    [null, "", "the group", "alice: hello"],
  ])("%s in %s", async (privacy, lang, title, body) => {
    const [alice, bob] = await pair();
    ok(await bob.read(alice.chatWith(bob), 1));
    const group = await makeGroup(alice, bob);
    const phone = await browserOf(bob, "works", { privacy, lang });
    await alice.text(group, "hello");
    expect(await phone.gets(1)).toMatchObject([{ title, body, conversation_id: group.conversation_id }]);
  });

  test("Google is not told the conversation of a device that shows nothing", async () => {
    const [alice, bob] = await pair();
    ok(await bob.post("/push/register", { kind: "fcm", token: "secretive", privacy: "none" }));
    await alice.text(bob, "hello");
    await eventually(async () => expect((await receivedBy("secretive")).length).toBe(1));
    const [request] = await receivedBy("secretive");
    const text = Buffer.from(request?.body ?? "", "base64").toString();
    expect(JSON.parse(text).message.data.conversation_id).toBe("");
    expect(text).not.toContain(alice.id);
    expect(text).not.toContain("hello");
  });
});

test.each([
  [2, { image_url: "https://example.org/a.png" }, "[Photo]"],
  [3, { video_url: "v" }, "[Video]"],
  [4, { audio_url: "a" }, "[Voice message]"],
  [5, { file_url: "f", file_name: "plan.pdf" }, "[File] plan.pdf"],
  [100, { custom_type: "vote", custom_data: {} }, "2 new messages"],
  [1, { text: "x".repeat(10_000) }, "x".repeat(256)],
  [1, { text: "👩‍🚀 שלום\n二" }, "👩‍🚀 שלום\n二"],
])("a message of type %i, %j", async (msg_type, content, body) => {
  const [alice, bob] = await pair();
  const phone = await browserOf(bob);
  const message = { client_msg_id: "once", recv_id: bob.id, session_type: 1, msg_type, content };
  ok(await alice.post("/msg/send", message));
  const [push] = await phone.gets(1);
  expect(push).toMatchObject({ title: "alice", body });
  const [received] = await receivedBy(phone.name);
  // Push services refuse more than 4,096 bytes, and the length says little: it goes up in steps.
  const length = Buffer.from(received?.body ?? "", "base64").length;
  expect(length).toBeLessThanOrEqual(4_096);
  expect((length - 86 - 17) % 512).toBe(0);
});

test("the longest names and texts still fit", async () => {
  const [alice, bob] = await pair();
  ok(await alice.put("/user/update", { nickname: "𠮷".repeat(64) }));
  const phone = await browserOf(bob);
  await alice.text(bob, "𠮷".repeat(2_000));
  await phone.gets(1);
  const [received] = await receivedBy(phone.name);
  expect(Buffer.from(received?.body ?? "", "base64").length).toBeLessThanOrEqual(4_096);
});

test("the alarm rings again in vain after all was sent", async () => {
  const [alice, bob] = await pair();
  const phone = await browserOf(bob);
  await alice.text(bob, "hello");
  await phone.gets(1);
  await isDone(bob);
  await ring(inboxOf(bob));
  expect((await phone.pushes()).length).toBe(1);
});
