import { equal, ok, refused, that } from "../../test/helpers/node/checks.ts";
import { eventually } from "../../test/helpers/node/deadline.ts";
import { outgoing } from "../../test/helpers/node/wire.ts";
import type { Smoke } from "./run.ts";

const TEXT = "the bytes of a file, long enough for the signatures of every type that there is";

export async function files(smoke: Smoke): Promise<void> {
  const { server } = smoke;
  const [alice, bob, carol] = await smoke.cast("alice", "bob", "carol");
  const chat = alice.chatWith(bob);
  const file = new Blob([TEXT], { type: "text/plain" });
  const pathOf = (url: string) => new URL(url).pathname;

  const url = await smoke.step(
    "alice uploads a file for her chat with bob, and anybody who knows the address reads it",
    async () => {
      const stored = await alice.api.media.upload({ conversation_id: chat, name: "a b.txt", type: file.type }, file);
      equal([stored.size, stored.mime], [TEXT.length, "application/octet-stream"], "size and type");
      that(stored.expires_at > Date.now(), "expires_at is in the future, in milliseconds", stored.expires_at);
      const answer = await server.get(pathOf(stored.url));
      equal([answer.status, answer.raw], [200, TEXT], "the file");
      that(/^attachment/.test(answer.headers.get("Content-Disposition") ?? ""), "it is a download", answer.headers);
      return stored.url;
    },
  );

  const content = { file_url: url, file_name: "a b.txt" };
  const naming = (user: string) => outgoing({ user }, content, { msg_type: 5 });

  const sent = await smoke.step("a message of alice to bob names it; one of bob, or to carol, is 1001", async () => {
    const message = await alice.api.msg.send(naming(bob.id));
    equal(message.content, content, "the content");
    refused(await bob.rest.post("/msg/send", naming(alice.id)), 1001);
    refused(await alice.rest.post("/msg/send", naming(carol.id)), 1001);
    return message;
  });

  await smoke.step("a recall takes the file away: its address is 1005 soon after", async () => {
    const answer = await alice.api.msg.recall({ conversation_id: chat, seqs: [sent.seq] });
    equal(answer.results, [{ seq: sent.seq, code: 0 }], "the recall");
    await eventually(async () => refused(await server.get(pathOf(url)), 1005));
  });

  await smoke.step("an avatar belongs to no chat, and must be a picture", async () => {
    const upload = (type: string, body: Blob) =>
      alice.rest.call<{ mime: string }>("POST", "/media", { query: { purpose: "avatar", type }, file: body });
    const gif = new Blob(["GIF89a and what follows it, up to the length of all signatures of files"]);
    equal(ok(await upload("image/gif", gif)).mime, "image/gif", "the type of a GIF");
    refused(await upload("text/plain", file), 1001);
  });

  await smoke.step("an upload by an outsider is 1007, one of a wrong type 1001, an unknown file 1005", async () => {
    const upload = (by: typeof alice, type: string) =>
      by.rest.call("POST", "/media", { query: { conversation_id: chat, type }, file });
    refused(await upload(carol, "text/plain"), 1007);
    refused(await upload(alice, "image/png"), 1001);
    refused(await server.get(`/media/${"A".repeat(56)}`), 1005);
  });
}
