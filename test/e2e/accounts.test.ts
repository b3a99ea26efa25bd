import { expect, test } from "vitest";
import type { Token, User } from "../../src/client/index.ts";
import { ok, refused } from "../helpers/node/checks.ts";
import { signIn, signUp, uniqueId } from "../helpers/node/people.ts";
import { useServer } from "../helpers/node/suite.ts";
import { platform } from "../helpers/node/wire.ts";

const suite = useServer();
const password = "correct horse";

test("of racing registrations of one id exactly one wins, the others are 2007", async () => {
  const body = { user_id: uniqueId("contested"), nickname: "N", password };
  const answers = await Promise.all(Array.from({ length: 8 }, () => suite.rest.post("/auth/register", body)));
  expect(answers.filter(({ code }) => code === 0)).toHaveLength(1);
  for (const answer of answers) if (answer.code !== 0) refused(answer, 2007);
});

test("the loser of a race for an id does not change the winner's password or profile", async () => {
  const user_id = uniqueId("contested");
  const passwords = ["first secret", "second secret", "third secret"];
  const answers = await Promise.all(
    passwords.map((secret) => suite.rest.post<User>("/auth/register", { user_id, nickname: secret, password: secret })),
  );
  for (const [index, secret] of passwords.entries()) {
    const login = await suite.rest.post<{ user_info: User }>("/auth/login", {
      user_id,
      password: secret,
      platform_id: 1,
    });
    if (answers[index]?.code === 0) expect(ok(login).user_info.nickname).toBe(secret);
    else refused(login, 2008);
  }
});

test("of racing logins on one platform exactly one token stays valid", async () => {
  const alice = await signUp(suite.rest, "alice");
  const logins = await Promise.all(
    Array.from({ length: 5 }, () => signIn(suite.rest, alice.id, alice.password, platform.web)),
  );
  const answers = await Promise.all(logins.map(({ rest }) => rest.get("/user/info")));
  expect(answers.filter(({ code }) => code === 0)).toHaveLength(1);
  for (const answer of answers) if (answer.code !== 0) refused(answer, 2001);
});

test("a user can have logins on all five platforms", async () => {
  const alice = await signUp(suite.rest, "alice", platform.ios);
  const others = await Promise.all([2, 3, 4, 5].map((other) => alice.on(other)));
  for (const { api, id } of [alice, ...others]) expect((await api.user.me()).user_id).toBe(id);
});

test("racing refreshes of one token all get the same new token", async () => {
  const alice = await signUp(suite.rest, "alice");
  const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => alice.api.auth.refresh()));
  for (const other of others) expect(other).toEqual(first);
});

test("a refreshed token refreshes again, and the first token then cannot even refresh", async () => {
  const alice = await signUp(suite.rest, "alice");
  const second = alice.with((await alice.api.auth.refresh()).token);
  const third = second.with((await second.api.auth.refresh()).token);
  await third.api.user.me();
  refused(await second.rest.get("/user/info"), 2001);
  refused(await alice.rest.post("/auth/refresh"), 2001);
});

test("after logout the token refreshes nothing, and logging out again is 2001", async () => {
  const alice = await signUp(suite.rest, "alice");
  await alice.api.auth.logout();
  refused(await alice.rest.post("/auth/refresh"), 2001);
  refused(await alice.rest.post("/auth/logout"), 2001);
});

test("logout of a refreshed login also ends the previous token", async () => {
  const alice = await signUp(suite.rest, "alice");
  const next = alice.with((await alice.api.auth.refresh()).token);
  await next.api.auth.logout();
  refused(await alice.rest.post("/auth/refresh"), 2001);
});

test("a new password ends every other login; this one stays and can refresh", async () => {
  const alice = await signUp(suite.rest, "alice");
  const others = await Promise.all([1, 2, 3].map((other) => alice.on(other)));
  await alice.api.auth.password({ old_password: alice.password, new_password: password });
  await alice.api.user.me();
  await alice.api.auth.refresh();
  for (const { rest } of others) {
    refused(await rest.get("/user/info"), 2001);
    refused(await rest.post("/auth/refresh"), 2001);
  }
});

test("a login that races a new password never outlives it", async () => {
  const alice = await signUp(suite.rest, "alice");
  const body = { user_id: alice.id, password: alice.password, platform_id: platform.ios };
  const change = alice.api.auth.password({ old_password: alice.password, new_password: password });
  const logins = await Promise.all(Array.from({ length: 4 }, () => suite.rest.post<Token>("/auth/login", body)));
  await change;
  for (const login of logins) {
    if (login.code === 0) refused(await suite.rest.as(login.data.token).get("/user/info"), 2001);
    else expect([2001, 2008]).toContain(login.code);
  }
});

test.each([
  ["6 characters", "pass66"],
  ["128 characters", "p".repeat(128)],
  ["other scripts", "пароль密码 🔑"],
])("a password of %s is accepted, and no other password signs in", async (_, secret) => {
  const user_id = uniqueId("secretive");
  await suite.rest.api.auth.register({ user_id, nickname: "N", password: secret });
  await signIn(suite.rest, user_id, secret, platform.web);
  const wrong = { user_id, password: `${secret.slice(0, -1)}?`, platform_id: platform.web };
  refused(await suite.rest.post("/auth/login", wrong), 2008);
});

test("a nickname of 64 characters, and avatar and extra of 2,048 bytes are accepted and returned", async () => {
  const alice = await signUp(suite.rest, "alice");
  const largest = { nickname: "字".repeat(64), avatar: "a".repeat(2_048), extra: "é".repeat(1_024) };
  expect(await alice.api.user.update(largest)).toMatchObject(largest);
  expect(await alice.api.user.me()).toMatchObject(largest);
});

test("batch_info accepts 100 ids, and returns an empty list for none", async () => {
  const alice = await signUp(suite.rest, "alice");
  const ids = [...Array.from({ length: 99 }, (_, index) => `nobody-${index}`), alice.id];
  const found = await alice.api.user.many(ids);
  expect(found.map((user) => user.user_id)).toEqual([alice.id]);
  expect(await alice.api.user.many([])).toEqual([]);
});

test("no answer and no log line contains a password, its hash or a token", async () => {
  const alice = await signUp(suite.rest, "alice");
  const answers = [
    await alice.rest.get("/user/info"),
    await alice.rest.get(`/user/profile/${alice.id}`),
    await alice.rest.put("/user/update", { extra: "public" }),
  ];
  await (await alice.socket()).close();
  for (const { raw } of answers) expect(raw).not.toMatch(/scrypt|password/i);
  for (const text of [...answers.map(({ raw }) => raw), suite.server.logs()]) {
    expect(text).not.toContain(alice.password);
    expect(text).not.toContain(alice.token);
  }
});
