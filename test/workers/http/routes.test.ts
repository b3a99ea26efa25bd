import { afterEach, describe, expect, test, vi } from "vitest";
import { createApp } from "../../../src/app.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";
import { type Answer, call, ORIGIN, ok } from "../../helpers/workers/api.ts";
import { d1Faults } from "../../helpers/workers/faults.ts";
import { loginBy, makeGroup, outgoing, PASSWORD, type Person, pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";
import { upgrade } from "../../helpers/workers/socket.ts";

settings({ ALLOWED_ORIGINS: "https://chat.example", FLOOD_LIMITS: "off" });
const d1 = d1Faults();
const lines: string[] = [];
for (const level of ["log", "error", "warn", "info"] as const) {
  vi.spyOn(console, level).mockImplementation((...given) => {
    lines.push(given.join(" "));
  });
}
afterEach(() => {
  d1.fails = () => false;
  lines.length = 0;
});

const routes = createApp()
  .routes.filter(({ method }) => method !== "ALL")
  .map(({ method, path }) => [method, path] as const)
  // A route with a validator is listed once for each of its handlers.
  .filter(([method, path], index, all) => all.findIndex((one) => one[0] === method && one[1] === path) === index);
const open = Object.entries(ROUTES).flatMap(([key, { auth }]) => (auth ? [] : [key.split(" ")[1]]));
const placeOf = (path: string) => path.replace(/:\w+/, "somebody");

/** The form of every refusal. */
function expectEnvelope(answer: Answer<unknown>): void {
  const { msg, message } = JSON.parse(answer.raw);
  expect(Object.keys(JSON.parse(answer.raw))).toEqual(["code", "msg", "message", "data"]);
  expect(message).toBe(msg);
  expect(answer.data).toBeNull();
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.headers.get("X-Request-Id")).toMatch(/^[\w-]{22}$/);
  expectGuarded(answer);
}

/** [WIRE-4] The headers for browsers of every answer except that of an upgrade. */
function expectGuarded({ headers }: Answer<unknown>): void {
  expect(headers.get("Cache-Control")).toBe("no-store");
  expect(headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(headers.get("Strict-Transport-Security")).toMatch(/^max-age=\d{8}/);
}

describe("every route", () => {
  test("[ERR-1] [ROLE-2] without a token, or with a wrong one, answers with the envelope and the token's code", async () => {
    const behind = routes.filter(([, path]) => !open.includes(path));
    expect(behind.length).toBeGreaterThan(30);
    for (const [method, path] of behind) {
      const given = method === "GET" ? {} : { body: "{" };
      const missing = await call(method, placeOf(path), given);
      expect([missing.status, missing.code], path).toEqual([401, 2003]);
      expectEnvelope(missing);
      const wrong = await call(method, placeOf(path), { ...given, token: "wrong" });
      expect([wrong.status, wrong.code], path).toEqual([401, 2001]);
    }
  });

  test("[ERR-1] with another method is 405 with Allow, an unknown path is 404, both in the envelope", async () => {
    const [{ token }] = await people("somebody");
    const methods = new Map<string, string[]>();
    for (const [method, path] of routes) methods.set(path, [...(methods.get(path) ?? []), method]);
    for (const [path, allowed] of methods) {
      const answer = await call("DELETE", placeOf(path), { token });
      expect([answer.status, answer.headers.get("Allow")], path).toEqual([405, allowed.join(", ")]);
      expectEnvelope(answer);
    }
    for (const path of ["/", "/nowhere", "/msg", "/msg/send/more", "/tell"]) {
      const answer = await call("POST", path, { token });
      expect([answer.status, answer.code], path).toEqual([404, 1005]);
      expectEnvelope(answer);
    }
  });

  test("[WIRE-4] has the headers that forbid caching, sniffing and plain HTTP; an upgrade has none", async () => {
    const [alice] = await people("alice");
    const preflight = { headers: { Origin: ORIGIN, "Access-Control-Request-Method": "POST" } };
    for (const answer of [
      await call("GET", "/health"),
      await call("GET", "/ready"),
      await alice.get("/user/info"),
      await call("OPTIONS", "/msg/send", preflight),
    ]) {
      expectGuarded(answer);
    }
    const { status, headers } = await upgrade({ token: alice.token });
    expect([status, headers.get("X-Content-Type-Options")]).toEqual([101, null]);
  });

  test("[WIRE-2] an empty body is an empty object, whatever its type", async () => {
    const [alice] = await people("alice");
    for (const headers of [{}, { "Content-Type": "application/json" }, { "Content-Type": "text/plain" }]) {
      const update = await call("PUT", "/user/update", { token: alice.token, body: "", headers });
      expect(update.code).toBe(0);
      const send = await call("POST", "/msg/send", { token: alice.token, body: "", headers });
      expect([send.code, send.msg]).toEqual([1001, expect.stringContaining("client_msg_id")]);
    }
    const blank = await call("PUT", "/user/update", { token: alice.token, body: " " });
    expect(blank.code).toBe(1001);
  });

  test("[ERR-1] a request keeps its own id if it is well formed", async () => {
    const given = async (id: string) =>
      (await call("GET", "/user/info", { headers: { "X-Request-Id": id } })).headers.get("X-Request-Id");
    expect(await given("trace-1.2:3_4")).toBe("trace-1.2:3_4");
    for (const insane of ["", "with space", "x".repeat(129), '"}{']) expect(await given(insane)).toMatch(/^[\w-]{22}$/);
  });
});

test("[ERR-1] browsers on the server's own origin and on those of the setting may read answers, others may not", async () => {
  const preflight = (origin: string) =>
    call("OPTIONS", "/msg/send", { headers: { Origin: origin, "Access-Control-Request-Method": "POST" } });
  for (const [origin, allowed] of [
    ["https://chat.example", "https://chat.example"],
    [ORIGIN, ORIGIN],
    ["https://chat.example.evil", null],
    ["null", null],
  ] as const) {
    const { headers } = await preflight(origin);
    expect(headers.get("Access-Control-Allow-Origin"), origin).toBe(allowed);
    expect(headers.get("Access-Control-Allow-Credentials")).toBeNull();
    const refused = await call("GET", "/user/info", { headers: { Origin: origin } });
    expect(refused.headers.get("Access-Control-Allow-Origin"), origin).toBe(allowed);
    expect((await upgrade({}, { Origin: origin })).status).toBe(allowed ? 401 : 403);
  }
});

describe("D1 is away", () => {
  const attempts: [
    what: string,
    attempt: (alice: Person, group: { group_id: string }, stranger: Person) => Promise<Answer<unknown>>,
  ][] = [
    ["register", () => call("POST", "/auth/register", { body: { user_id: "new", nickname: "n", password: PASSWORD } })],
    ["login", (alice) => loginBy(alice.id, PASSWORD)],
    ["password", (alice) => alice.post("/auth/password", { old_password: PASSWORD, new_password: "another one" })],
    ["info", (alice) => alice.get("/user/info")],
    ["update", (alice) => alice.put("/user/update", { nickname: "other" })],
    ["batch_info", (alice) => alice.post("/user/batch_info", { user_ids: [alice.id] })],
    ["list", (alice) => alice.get("/conversation/list", { cursor: "" })],
    ["sync", (alice) => alice.get("/sync", { since: 0 })],
    ["create", (alice) => alice.post("/group/create", { name: "g", member_ids: [alice.id] })],
    ["rename", (alice, { group_id }) => alice.put("/group/update", { group_id, name: "g" })],
    ["members", (alice, { group_id }) => alice.get("/group/members", { group_id })],
    ["first message", (alice, _, stranger) => alice.send(stranger, "hello")],
  ];

  test("[ERR-1] an internal error gives only the request id; requests without D1 still work", async () => {
    const [alice, bob, chat] = await pair();
    const [stranger] = await people("stranger");
    const group = await makeGroup(alice, bob);
    d1.fails = () => true;
    for (const [what, attempt] of attempts) {
      const answer = await attempt(alice, group, stranger);
      const id = answer.headers.get("X-Request-Id");
      expect([answer.status, answer.code, answer.msg, answer.data], what).toEqual([
        500,
        1002,
        `internal error, request ${id}`,
        null,
      ]);
      expect(
        lines.some((line) => line.includes(`"${id}"`) && line.includes("request_failed")),
        what,
      ).toBe(true);
    }
    ok(await alice.send(bob, "in a chat that is there"));
    ok(await alice.send(group, "in a group"));
    expect((await alice.pull(chat)).max_seq).toBe(2);
    const socket = await bob.socket();
    ok(await alice.send(bob, "pushed"));
    await socket.push(2001);
    d1.fails = () => false;
    ok(await alice.send(stranger, "hello"));
  });

  test("[ERR-1] neither answers nor logs contain tokens, passwords, hashes or query strings", async () => {
    const [alice, bob, chat] = await pair();
    await alice.pull(chat, { begin_seq: 1 });
    await (await alice.socket({ sdk_type: "go" })).ping();
    await loginBy(alice.id, PASSWORD);
    for (const query of ["insert", "select", "update"]) {
      d1.fails = (statement) => statement.startsWith(query);
      const body = { nickname: "n", password: "its secret" };
      await call("POST", "/auth/register", { body });
      await bob.post("/auth/password", { old_password: PASSWORD, new_password: "its secret" });
      await bob.get("/conversation/list", { cursor: "", limit: 7 });
      await upgrade({ token: `${bob.token}x`, conversation_id: chat });
      await bob.post("/msg/send", { ...outgoing(alice, "a private text"), content: { text: 5 } });
    }
    expect(lines.length).toBeGreaterThan(15);
    for (const secret of [
      alice.token,
      bob.token,
      PASSWORD,
      "its secret",
      "$scrypt",
      "begin_seq",
      "limit=7",
      "private",
    ]) {
      expect(lines.filter((line) => line.includes(secret))).toEqual([]);
    }
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), event: expect.any(String) });
  });
});
