import type { Token } from "../../src/client/index.ts";
import { equal, ok, refused, that } from "../../test/helpers/node/checks.ts";
import { signIn } from "../../test/helpers/node/people.ts";
import type { Socket } from "../../test/helpers/node/socket.ts";
import { platform } from "../../test/helpers/node/wire.ts";
import type { Smoke } from "./run.ts";

/** The time that a conversation's socket may stay open after its login ended. */
const onConversation = 3_000;

export async function logins(smoke: Smoke): Promise<void> {
  const [alice, bob] = await smoke.cast("alice", "bob");
  const chat = alice.chatWith(bob);
  await alice.text(bob, "to create the chat");
  const phone = await smoke.step("alice signs in on a phone too", () => alice.on(platform.ios));

  const signedOut = async (socket: Socket, reason: string, within = 10_000) => {
    const { told, closeCode } = await socket.end(within);
    equal([told?.reason, closeCode], [reason, 4001], "the reason of push 2002, and the close code");
  };
  const alive = async (socket: Socket) => {
    that((await socket.ping()).startsWith("pong"), "the socket still answers");
    ok(await socket.request(1001, {}));
  };

  const mobile = await smoke.keep(phone.socket());

  const web = await smoke.step("a new login on a platform ends the old one, at once and everywhere", async () => {
    const old = await smoke.keep(alice.socket());
    const oldInChat = await smoke.keep(alice.socketOf(chat));
    const fresh = await alice.on(platform.web);
    refused(await alice.rest.get("/user/info"), 2001);
    await signedOut(old, "new_login");
    await signedOut(oldInChat, "new_login", onConversation);
    return fresh;
  });

  await smoke.step("the other platform stays signed in", async () => {
    await phone.api.user.me();
    await alive(mobile);
  });

  const renewed = await smoke.step(
    "refresh: a new token, the sockets stay open, the old token can only repeat the refresh",
    async () => {
      const socket = await smoke.keep(web.socket());
      const answer = await web.rest.post<Token>("/auth/refresh");
      const { token, expires_at } = ok(answer);
      that(expires_at > Date.now(), "expires_at is in the future", expires_at);
      const next = web.with(token);
      await next.api.user.me();
      await alive(socket);
      refused(await web.rest.get("/user/info"), 2001);
      equal((await web.rest.post("/auth/refresh")).raw, answer.raw, "the repeated refresh");
      equal(await web.api.auth.refresh(), answer.data, "the same with the SDK");
      return next;
    },
  );

  await smoke.step("logout ends this login and no other", async () => {
    const socket = await smoke.keep(renewed.socket());
    const inChat = await smoke.keep(renewed.socketOf(chat));
    equal(await renewed.api.auth.logout(), null, "the answer");
    refused(await renewed.rest.get("/user/info"), 2001);
    await signedOut(socket, "logout");
    await signedOut(inChat, "logout", onConversation);
    await alive(mobile);
  });

  await smoke.step("a new password ends every other login, and the old password", async () => {
    const other = await alice.on(platform.web);
    const socket = await smoke.keep(other.socket());
    const new_password = "battery staple";
    const change = { old_password: alice.password, new_password };
    refused(await phone.rest.post("/auth/password", { ...change, old_password: "wrong horse" }), 2008);
    equal(await phone.api.auth.password(change), null, "the answer");
    refused(await other.rest.get("/user/info"), 2001);
    await signedOut(socket, "password");
    await alive(mobile);
    const body = { user_id: alice.id, platform_id: platform.web };
    refused(await smoke.server.post("/auth/login", { ...body, password: alice.password }), 2008);
    await signIn(smoke.server, alice.id, new_password, platform.web);
  });
}
