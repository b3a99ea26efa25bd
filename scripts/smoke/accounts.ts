import { contains, equal, refused, shaped, that } from "../../test/helpers/node/checks.ts";
import { signIn, uniqueId } from "../../test/helpers/node/people.ts";
import { platform, userShape } from "../../test/helpers/node/wire.ts";
import type { Smoke } from "./run.ts";

export async function accounts(smoke: Smoke): Promise<void> {
  const { server } = smoke;
  const id = uniqueId("alice");
  const password = "correct horse";

  await smoke.step("health is answered without the envelope", async () => {
    const answer = await server.get("/health");
    equal([answer.status, answer.raw], [200, '{"status":"ok"}'], answer.what);
    equal((await server.get<{ status: string }>("/ready")).data, { status: "ready" }, "the data of /ready");
  });

  const alice = await smoke.step("register alice with an id of her choice", async () => {
    const body = { user_id: id, nickname: "Alice", password };
    const user = await server.api.auth.register(body);
    shaped(user, userShape, "user");
    contains(user, { user_id: id, id, nickname: "Alice", avatar: "", extra: "" }, "the new user");
    const age = Math.abs(Date.now() - user.created_at);
    that(age < 3_600_000, "created_at is now, in milliseconds", user.created_at);
    return user;
  });

  const made = await smoke.step("register without an id: the server makes one", async () => {
    const body = { nickname: "Made", password, avatar: "https://example.org/a.png" };
    const user = await server.api.auth.register(body);
    that(/^[\w.-]{1,64}$/.test(user.user_id), "the generated id is well formed", user.user_id);
    equal(user.avatar, body.avatar, "the avatar");
    const other = await server.api.auth.register({ ...body, user_id: "" });
    that(other.user_id !== user.user_id, "no id is generated twice", other.user_id);
    return user;
  });

  await smoke.step("an id can be registered once", async () => {
    const body = { user_id: id, nickname: "Other", password };
    refused(await server.post("/auth/register", body), 2007);
  });

  await smoke.step("sign in on two platforms at once", async () => {
    const body = { user_id: id, password, platform_id: platform.web };
    const login = await server.api.auth.login(body);
    equal(login.user_info, alice, "user_info");
    that(login.expires_at > Date.now(), "expires_at is in the future, in milliseconds", login.expires_at);
    const phone = await signIn(server, id, password, platform.ios);
    const me = { ...alice, hidden: false };
    equal(await server.as(login.token).api.user.me(), me, "the user, seen on the web");
    equal(await phone.api.user.me(), me, "the user, seen on the phone");
  });

  await smoke.step("a wrong password is 2008, an unknown user 2006", async () => {
    const body = { user_id: id, password: "wrong horse", platform_id: platform.web };
    refused(await server.post("/auth/login", body), 2008);
    refused(await server.post("/auth/login", { ...body, user_id: uniqueId("nobody") }), 2006);
  });

  const session = await signIn(server, id, password, platform.web);

  await smoke.step("profiles: one user, or many in the order asked, without unknown users", async () => {
    equal(await session.api.user.profile(made.id), made, "the profile");
    equal(await session.api.user.many([made.id, uniqueId("nobody"), id]), [made, alice], "batch_info");
    refused(await session.rest.get(`/user/profile/${uniqueId("nobody")}`), 2006);
  });

  await smoke.step("a name has a visible character and no bidi controls, and no id is ..", async () => {
    for (const nickname of ["  ", "\u200b", "\u3164", "a\u202eb"]) {
      refused(await session.rest.put("/user/update", { nickname }), 1001);
    }
    equal(
      (await session.api.user.update({ nickname: "" })).nickname,
      alice.nickname,
      "the name after an update with an empty one",
    );
    refused(await server.post("/auth/register", { user_id: "..", nickname: "Dots", password }), 1001);
  });

  await smoke.step("update changes the given fields and keeps the rest, byte for byte", async () => {
    const changed = { nickname: "آليس 👩‍🚀 é", extra: '{"mood":"🌈"}' };
    const user = await session.api.user.update(changed);
    equal(user, { ...alice, ...changed, hidden: false }, "the answer");
    equal(await session.api.user.me(), user, "the user, read afterwards");
  });
}
