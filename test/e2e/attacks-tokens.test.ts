import { decodeJwt, decodeProtectedHeader, type JWTPayload, type ProtectedHeaderParameters, SignJWT } from "jose";
import { beforeAll, describe, expect, test } from "vitest";
import { refused } from "../helpers/node/checks.ts";
import { type Person, signUp, talkingPair } from "../helpers/node/people.ts";
import { Socket } from "../helpers/node/socket.ts";
import { useServer } from "../helpers/node/suite.ts";
import { upgrade } from "../helpers/node/upgrade.ts";
import { platform } from "../helpers/node/wire.ts";

const secret = "the secret of a server for tests of attacks";
const suite = useServer({ JWT_SECRET: secret, REQUEST_RATE_PER_SECOND: "1000", REQUEST_BURST: "1000" });

let alice: Person;
let bob: Person;
let claims: JWTPayload;
let header: ProtectedHeaderParameters;
beforeAll(async () => {
  [alice, bob] = await talkingPair(suite.rest);
  claims = decodeJwt(alice.token);
  header = decodeProtectedHeader(alice.token);
});

const sign = (payload: JWTPayload, key = secret, alg = "HS256") =>
  new SignJWT(payload).setProtectedHeader({ ...header, alg }).sign(new TextEncoder().encode(key));
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const now = () => Math.floor(Date.now() / 1000);
const own = (index: 0 | 1 | 2) => alice.token.split(".")[index];

/** How each forged token is made, and the code that it gets everywhere. */
const falseTokens: [name: string, code: number, make: () => Promise<string> | string][] = [
  ["garbage", 2001, () => "garbage"],
  ["three parts of garbage", 2001, () => "a.b.c"],
  ["10 KB of garbage", 2001, () => "x".repeat(10_000)],
  ["alg none, no signature", 2001, () => `${part({ alg: "none", typ: "JWT" })}.${own(1)}.`],
  ["alg none, old signature", 2001, () => `${part({ alg: "none" })}.${own(1)}.${own(2)}`],
  ["another algorithm, right key", 2001, () => sign(claims, secret, "HS512")],
  ["another key", 2001, () => sign(claims, "some other secret of at least 32 bytes")],
  ["another service's", 2001, () => sign({ ...claims, iss: "another" })],
  ["for another service", 2001, () => sign({ ...claims, aud: "another" })],
  ["for nobody", 2001, () => sign(without("aud"))],
  ["an empty signature", 2001, () => `${own(0)}.${own(1)}.`],
  ["another user's id inserted", 2001, () => `${own(0)}.${part({ ...claims, sub: bob.id })}.${own(2)}`],
  ["expired", 2002, () => sign({ ...claims, exp: now() - 60 })],
  ["no expiry", 2001, () => sign(without("exp"))],
  ["no user", 2001, () => sign(without("sub"))],
  ["no login", 2001, () => sign(without("lid"))],
  ["no platform", 2001, () => sign(without("pid"))],
  ["a login that never existed", 2001, () => sign({ ...claims, lid: "never-made" })],
  ["another user's login, correctly signed", 2001, () => sign({ ...claims, sub: bob.id })],
  ["another platform's login, correctly signed", 2001, () => sign({ ...claims, pid: platform.ios })],
  ["a user that does not exist", 2001, () => sign({ ...claims, sub: "nobody-at-all" })],
  ["an invalid user id", 2001, () => sign({ ...claims, sub: "si_a:b/../c" })],
  ["a user id that is a number", 2001, () => sign({ ...claims, sub: 7 as unknown as string })],
];

function without(claim: string): JWTPayload {
  const { [claim]: _, ...rest } = claims;
  return rest;
}

test("a valid token, signed by hand, is accepted: the attacks below fail because of their changes", async () => {
  const again = await sign(claims);
  expect((await suite.rest.as(again).api.user.me()).user_id).toBe(alice.id);
});

describe.each(falseTokens)("a token: %s", (_name, code, make) => {
  test(`is ${code} on routes`, async () => {
    const rest = suite.rest.as(await make());
    for (const path of ["/user/info", "/conversation/list", `/msg/pull?conversation_id=${alice.chatWith(bob)}`]) {
      refused(await rest.get(path), code);
    }
    refused(await rest.post("/msg/send", {}), code);
    refused(await rest.post("/auth/logout"), code);
    refused(await rest.post("/auth/refresh"), code);
  });

  test(`is ${code} at both kinds of socket`, async () => {
    const path = `/ws?token=${await make()}`;
    refused(await upgrade(suite.url, path), code);
    refused(await upgrade(suite.url, `${path}&conversation_id=${alice.chatWith(bob)}`), code);
  });

  test(`gets ${code} and is closed 4001 if nexo is offered`, async () => {
    const socket = await Socket.open(suite.url, { token: await make(), by: "subprotocol" });
    expect(await socket.end()).toMatchObject({ told: { code }, closeCode: 4001 });
  });
});

test("no token is 2003 on every route except health, register and login", async () => {
  const routes = [
    ["POST", "/auth/logout"],
    ["POST", "/auth/refresh"],
    ["POST", "/auth/password"],
    ["GET", "/user/info"],
    ["GET", "/user/profile/x"],
    ["PUT", "/user/update"],
    ["POST", "/user/batch_info"],
    ["POST", "/msg/send"],
    ["GET", "/msg/pull"],
    ["GET", "/msg/max_seq"],
    ["GET", "/conversation/list"],
    ["GET", "/conversation/info"],
    ["PUT", "/conversation/update"],
    ["POST", "/conversation/mark_read"],
    ["GET", "/conversation/max_read_seq"],
    ["GET", "/conversation/unread_count"],
    ["GET", "/ws"],
  ] as const;
  for (const [method, path] of routes) refused(await suite.rest.call(method, path), 2003);
  refused(await upgrade(suite.url, "/ws"), 2003);
});

test("the token is checked before everything else: an invalid body, a foreign chat, a chat that does not exist", async () => {
  const rest = suite.rest.as("garbage");
  const headers = { "content-type": "application/json" };
  refused(await rest.call("POST", "/msg/send", { raw: "{", headers }), 2001);
  refused(await rest.get("/msg/pull", { conversation_id: "nonsense" }), 2001);
  refused(await rest.get("/conversation/info", { conversation_id: "sg_none" }), 2001);
});

test("a cookie does not count as a token", async () => {
  const headers = { cookie: `token=${alice.token}; nexo=${alice.token}` };
  const answer = await suite.rest.call("GET", "/user/info", { headers });
  refused(answer, 2003);
  expect(answer.headers.get("set-cookie")).toBeNull();
});

test("send_id and platform_id at the upgrade must match the token, else 2004", async () => {
  const path = `/ws?token=${alice.token}`;
  for (const query of [`send_id=${bob.id}`, "platform_id=1", `send_id=${alice.id}&platform_id=4`]) {
    refused(await upgrade(suite.url, `${path}&${query}`), 2004);
  }
});

test("a replaced token is 2001 at once, on routes and at both kinds of socket", async () => {
  const carol = await signUp(suite.rest, "carol");
  await carol.text(bob, "to create the chat");
  await carol.on(carol.platform);
  const path = `/ws?token=${carol.token}`;
  refused(await carol.rest.get("/user/info"), 2001);
  refused(await carol.rest.post("/auth/refresh"), 2001);
  refused(await upgrade(suite.url, path), 2001);
  refused(await upgrade(suite.url, `${path}&conversation_id=${carol.chatWith(bob)}`), 2001);
});
