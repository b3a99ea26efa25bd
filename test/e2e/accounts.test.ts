import { expect, test } from "vitest";
import { ok, refused } from "../helpers/node/checks.ts";
import { signIn, signUp, uniqueId } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { type Login, platform, type User } from "../helpers/node/wire.ts";

const suite = useServer();
const password = "correct horse";

test("of racing registrations of one id exactly one wins, the others are 2007", async () => {
  const body = { user_id: uniqueId("contested"), nickname: "N", password };
  const answers = await Promise.all(Array.from({ length: 8 }, () => suite.api.post("/auth/register", body)));
  expect(answers.filter(({ code }) => code === 0)).toHaveLength(1);
  for (const answer of answers) if (answer.code !== 0) refused(answer, 2007);
});

test("the loser of a race for an id does not change the winner's password or profile", async () => {
  const user_id = uniqueId("contested");
  const passwords = ["first secret", "second secret", "third secret"];
  const answers = await Promise.all(
    passwords.map((secret) => suite.api.post<User>("/auth/register", { user_id, nickname: secret, password: secret })),
  );
  for (const [index, secret] of passwords.entries()) {
    const login = await suite.api.post<Login>("/auth/login", { user_id, password: secret, platform_id: 1 });
    if (answers[index]?.code === 0) expect(ok(login).user_info.nickname).toBe(secret);
    else refused(login, 2008);
  }
});

test("of racing logins on one platform exactly one token lives", async () => {
  const alice = await signUp(suite.api, "alice");
  const logins = await Promise.all(
    Array.from({ length: 5 }, () => signIn(suite.api, alice.id, alice.password, platform.web)),
  );
  const answers = await Promise.all(logins.map(({ api }) => api.get("/user/info")));
  expect(answers.filter(({ code }) => code === 0)).toHaveLength(1);
  for (const answer of answers) if (answer.code !== 0) refused(answer, 2001);
});

test("logins on all five platforms live side by side", async () => {
  const alice = await signUp(suite.api, "alice", platform.ios);
  const others = await Promise.all([2, 3, 4, 5].map((other) => alice.on(other)));
  for (const { api } of [alice, ...others]) ok(await api.get("/user/info"));
});

test("racing refreshes of one token all get the same new token", async () => {
  const alice = await signUp(suite.api, "alice");
  const answers = await Promise.all(Array.from({ length: 5 }, () => alice.api.post("/auth/refresh")));
  const [first] = answers.map((answer) => ok(answer));
  for (const answer of answers) expect(answer.data).toEqual(first);
});

test("a refreshed token refreshes again, and the first one is then dead even for that", async () => {
  const alice = await signUp(suite.api, "alice");
  const second = alice.with(ok(await alice.api.post<Login>("/auth/refresh")).token);
  const third = second.with(ok(await second.api.post<Login>("/auth/refresh")).token);
  ok(await third.api.get("/user/info"));
  refused(await second.api.get("/user/info"), 2001);
  refused(await alice.api.post("/auth/refresh"), 2001);
});

test("after logout the token refreshes nothing, and logging out again is 2001", async () => {
  const alice = await signUp(suite.api, "alice");
  ok(await alice.api.post("/auth/logout"));
  refused(await alice.api.post("/auth/refresh"), 2001);
  refused(await alice.api.post("/auth/logout"), 2001);
});

test("logout of a refreshed login kills the token before it too", async () => {
  const alice = await signUp(suite.api, "alice");
  const next = alice.with(ok(await alice.api.post<Login>("/auth/refresh")).token);
  ok(await next.api.post("/auth/logout"));
  refused(await alice.api.post("/auth/refresh"), 2001);
});

test("a new password kills every other login; this one stays and refreshes", async () => {
  const alice = await signUp(suite.api, "alice");
  const others = await Promise.all([1, 2, 3].map((other) => alice.on(other)));
  ok(await alice.api.post("/auth/password", { old_password: alice.password, new_password: password }));
  ok(await alice.api.get("/user/info"));
  ok(await alice.api.post("/auth/refresh"));
  for (const { api } of others) {
    refused(await api.get("/user/info"), 2001);
    refused(await api.post("/auth/refresh"), 2001);
  }
});

test("a login that races a new password never outlives it", async () => {
  const alice = await signUp(suite.api, "alice");
  const body = { user_id: alice.id, password: alice.password, platform_id: platform.ios };
  const change = alice.api.post("/auth/password", { old_password: alice.password, new_password: password });
  const logins = await Promise.all(Array.from({ length: 4 }, () => suite.api.post<Login>("/auth/login", body)));
  ok(await change);
  for (const login of logins) {
    if (login.code === 0) refused(await suite.api.as(login.data.token).get("/user/info"), 2001);
    else expect([2001, 2008]).toContain(login.code);
  }
});

test.each([
  ["6 characters", "pass66"],
  ["128 characters", "p".repeat(128)],
  ["other scripts", "пароль密码 🔑"],
])("a password of %s is taken, and no other in its place", async (_, secret) => {
  const user_id = uniqueId("secretive");
  ok(await suite.api.post("/auth/register", { user_id, nickname: "N", password: secret }));
  await signIn(suite.api, user_id, secret, platform.web);
  const wrong = { user_id, password: `${secret.slice(0, -1)}?`, platform_id: platform.web };
  refused(await suite.api.post("/auth/login", wrong), 2008);
});

test("nickname of 64 characters and avatar, extra of 2,048 bytes are taken and come back", async () => {
  const alice = await signUp(suite.api, "alice");
  const largest = { nickname: "字".repeat(64), avatar: "a".repeat(2_048), extra: "é".repeat(1_024) };
  expect(ok(await alice.api.put<User>("/user/update", largest))).toMatchObject(largest);
  expect(ok(await suite.api.as(alice.token).get("/user/info"))).toMatchObject(largest);
});

test("batch_info takes 100 ids and answers an empty list for none", async () => {
  const alice = await signUp(suite.api, "alice");
  const user_ids = [...Array.from({ length: 99 }, (_, index) => `nobody-${index}`), alice.id];
  const found = ok(await alice.api.post<User[]>("/user/batch_info", { user_ids }));
  expect(found.map((user) => user.user_id)).toEqual([alice.id]);
  expect(ok(await alice.api.post("/user/batch_info", { user_ids: [] }))).toEqual([]);
});

test("no answer and no log line holds a password, its hash or a token", async () => {
  const alice = await signUp(suite.api, "alice");
  const answers = [
    await alice.api.get("/user/info"),
    await alice.api.get(`/user/profile/${alice.id}`),
    await alice.api.put("/user/update", { extra: "public" }),
  ];
  await (await alice.socket()).close();
  for (const { raw } of answers) expect(raw).not.toMatch(/scrypt|password/i);
  for (const text of [...answers.map(({ raw }) => raw), suite.server.logs()]) {
    expect(text).not.toContain(alice.password);
    expect(text).not.toContain(alice.token);
  }
});
