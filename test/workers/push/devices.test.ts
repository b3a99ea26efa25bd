import { describe, expect, test } from "vitest";
import { subscribe } from "../../helpers/push-client.ts";
import { call, ok } from "../../helpers/workers/api.ts";
import { standingClock } from "../../helpers/workers/faults.ts";
import { alarmOf, eventually, inboxOf, ring, rows, tablesOf } from "../../helpers/workers/objects.ts";
import { changePassword, pair, people } from "../../helpers/workers/people.ts";
import { Browser, browserOf, receivedBy } from "../../helpers/workers/push.ts";

const clock = standingClock();
const DAY = 86_400_000;

type Someone = Awaited<ReturnType<typeof pair>>[0];

/** Waits until the inbox has a message, and lets everything go out that waits. */
async function takes(bob: Someone, seq: number): Promise<void> {
  await eventually(async () => expect(await rows(inboxOf(bob), "SELECT seq FROM conversations")).toEqual([{ seq }]));
  while (await ring(inboxOf(bob)));
}

describe("a device ends with its login [NOTIFY-4]", () => {
  const ends: [string, (bob: Someone) => Promise<unknown>][] = [
    ["a sign-out", (bob) => bob.post("/auth/logout")],
    ["a new login on the platform", (bob) => bob.on(5)],
    ["a password change on another platform", async (bob) => changePassword(await bob.on(1))],
  ];
  test.each(ends)("%s", async (_, end) => {
    const [alice, bob] = await pair();
    const phone = await browserOf(bob);
    await end(bob);
    expect(await rows(inboxOf(bob), "SELECT token FROM devices")).toEqual([]);
    const { seq } = await alice.text(bob, "not for the next user of that browser");
    await takes(bob, seq);
    expect(await receivedBy(phone.name)).toEqual([]);
  });

  test("an expired login, which nobody tells the inbox about", async () => {
    const [alice, bob] = await pair();
    const phone = await browserOf(bob);
    clock.now += 8 * DAY;
    const { seq } = await (await alice.on(5)).text(bob, "hello");
    await takes(bob, seq);
    expect(await receivedBy(phone.name)).toEqual([]);
  });

  test("a login that ends while a notification waits", async () => {
    const [alice, bob] = await pair();
    const phone = await browserOf(bob);
    await alice.text(bob, "hello");
    await eventually(async () => expect(await alarmOf(inboxOf(bob))).not.toBeNull());
    ok(await bob.post("/auth/logout"));
    while (await ring(inboxOf(bob)));
    expect(await receivedBy(phone.name)).toEqual([]);
  });
});

test("registering again is the same device and writes nothing; another token is another device", async () => {
  const [bob] = await people("bob");
  const phone = new Browser(`works~${crypto.randomUUID()}`, await subscribe());
  const register = async (body: object) => ok(await bob.post<{ device_id: string }>("/push/register", body)).device_id;
  const first = await register(phone.registration);
  expect(await register({ ...phone.registration, expirationTime: null, privacy: "full", lang: "" })).toBe(first);
  expect(await register({ ...phone.registration, privacy: "none" })).toBe(first);
  expect(await rows(inboxOf(bob), "SELECT privacy FROM devices")).toEqual([{ privacy: "none" }]);
  expect(await register({ ...phone.registration, endpoint: `${phone.endpoint}2` })).not.toBe(first);
  expect((await rows(inboxOf(bob), "SELECT token FROM devices")).length).toBe(1);
});

test("unregistering removes a device of this login only, or all of them; an unknown one changes nothing", async () => {
  const [bob] = await people("bob");
  const tablet = await bob.on(9);
  const [one, two] = [await browserOf(bob), await browserOf(tablet)];
  const { device_id } = ok(await bob.post<{ device_id: string }>("/push/register", one.registration));
  ok(await tablet.post("/push/unregister", { device_id }));
  ok(await bob.post("/push/unregister", { device_id: "unknown" }));
  const left = async () =>
    (await rows<{ token: string }>(inboxOf(bob), "SELECT token FROM devices")).map(({ token }) => token);
  expect((await left()).sort()).toEqual([one.endpoint, two.endpoint].sort());
  ok(await bob.post("/push/unregister", { device_id }));
  expect(await left()).toEqual([two.endpoint]);
  ok(await tablet.post("/push/unregister"));
  expect(await left()).toEqual([]);
});

test("GET /push/key names the key and the kinds that this server has", async () => {
  const [bob] = await people("bob");
  const { public_key, kinds } = ok(await bob.get<{ public_key: string; kinds: string[] }>("/push/key"));
  expect(public_key).toMatch(/^B[\w-]{86}$/);
  expect(kinds).toEqual(["webpush", "fcm"]);
  expect(await tablesOf(inboxOf(bob))).not.toContain("devices");
});

describe("an endpoint that a client names [NOTIFY-5]", () => {
  test.each([
    "http://fcm.googleapis.com/send/x",
    "https://fcm.googleapis.com:8443/send/x",
    "https://user:pass@fcm.googleapis.com/send/x",
    "https://fcm.googleapis.com/send/x#fragment",
    "https://fcm.googleapis.com.evil.example/send/x",
    "https://evil.example/fcm.googleapis.com",
    "https://evilpush.services.mozilla.com.example/x",
    "https://push.services.mozilla.com/x",
    "https://notify.windows.com/x",
    "https://127.0.0.1/x",
    "https://[::1]/x",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/x",
    "https://localhost/x",
    "https://2130706433/x",
    "https://metadata.google.internal/x",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/plain,x",
    "//fcm.googleapis.com/send/x",
    "fcm.googleapis.com/send/x",
    "https://fcm.googleapis.com\u0000/x",
    "",
    `https://fcm.googleapis.com/${"x".repeat(2_048)}`,
    7,
    null,
    ["https://fcm.googleapis.com/send/x"],
  ])("%s is 1001, and nothing is stored", async (endpoint) => {
    const [bob] = await people("bob");
    const { keys } = await subscribe();
    const { code, msg } = await bob.post("/push/register", { kind: "webpush", endpoint, keys });
    expect([code, msg]).toEqual([1001, expect.stringContaining("endpoint")]);
    expect(await tablesOf(inboxOf(bob))).not.toContain("devices");
  });

  test.each([
    "https://fcm.googleapis.com/fcm/send/x",
    "https://updates.push.services.mozilla.com/wpush/v2/x",
    "https://wns2-db5p.notify.windows.com/w/?token=x",
    "https://web.push.apple.com/x",
  ])("%s is accepted", async (endpoint) => {
    const [bob] = await people("bob");
    ok(await bob.post("/push/register", { kind: "webpush", endpoint, keys: (await subscribe()).keys }));
  });
});

describe("invalid devices are 1001, and the message names the field [ERR-1]", () => {
  const endpoint = "https://fcm.googleapis.com/send/x";
  const p256dh = `BA${"A".repeat(85)}`;
  const auth = "A".repeat(22);
  test.each<[string, object]>([
    ["kind", {}],
    ["kind", { kind: "apns", token: "x" }],
    ["kind", { kind: 1 }],
    ["kind: hook is not set up", { kind: "hook", token: "x", service: "apns" }],
    ["token", { kind: "fcm" }],
    ["token", { kind: "fcm", token: "" }],
    ["token", { kind: "fcm", token: "with space" }],
    ["token", { kind: "fcm", token: "x".repeat(4_097) }],
    ["token", { kind: "fcm", token: 7 }],
    ["service", { kind: "hook", token: "x", service: "A P N" }],
    ["keys", { kind: "webpush", endpoint }],
    ["keys.auth", { kind: "webpush", endpoint, keys: { p256dh, auth: "short" } }],
    ["keys.p256dh", { kind: "webpush", endpoint, keys: { p256dh: "short", auth } }],
    ["keys.p256dh", { kind: "webpush", endpoint, keys: { p256dh: `C${p256dh.slice(1)}`, auth } }],
    ["keys.p256dh: is not a point", { kind: "webpush", endpoint, keys: { p256dh, auth } }],
    ["privacy", { kind: "fcm", token: "x", privacy: "some" }],
    ["privacy", { kind: "fcm", token: "x", privacy: 1 }],
    ["lang", { kind: "fcm", token: "x", lang: "x".repeat(36) }],
    ["lang", { kind: "fcm", token: "x", lang: 7 }],
  ])("%s of %j", async (field, body) => {
    const [bob] = await people("bob");
    const { code, msg } = await bob.post("/push/register", body);
    expect([code, msg]).toEqual([1001, expect.stringContaining(field)]);
  });

  test("without a token, and with one that ended, 2003 and 2001 come first", async () => {
    const [bob] = await people("bob");
    expect((await call("POST", "/push/register", { body: {} })).code).toBe(2003);
    ok(await bob.post("/auth/logout"));
    expect((await bob.post("/push/register", {})).code).toBe(2001);
    expect((await bob.get("/push/key")).code).toBe(2001);
    expect((await bob.post("/push/unregister", { device_id: 7 })).code).toBe(2001);
  });
});
