import type { Conversation } from "../../src/client/index.ts";
import { equal, followed, ok, that } from "../../test/helpers/node/checks.ts";
import { sendOver } from "../../test/helpers/node/people.ts";
import type { Frame } from "../../test/helpers/node/tap.ts";
import { outgoing, type Pushed, platform, type Sent } from "../../test/helpers/node/wire.ts";
import type { Smoke } from "./run.ts";

/** The cursor: how a client that only receives can tell that it missed nothing. */
export async function chain(smoke: Smoke): Promise<void> {
  const [alice, bob] = await smoke.cast("alice", "bob");
  const chat = alice.chatWith(bob);
  const web = await smoke.keep(alice.socket());
  const mobile = await smoke.keep((await alice.on(platform.ios)).socket());

  await smoke.step("both devices live through sends, pushes, read marks and settings", async () => {
    await sendOver(web, outgoing({ user: bob.id }, { text: "one" }));
    await bob.text(alice, "two");
    await web.nextPush<Pushed>(2001, ({ msgs }) => msgs[chat]?.[0]?.seq === 2);
    ok(await mobile.request(1007, { conversation_id: chat, read_seq: 2 }));
    await alice.api.conversation.update(chat, { is_pinned: true });
    for (const socket of [web, mobile]) {
      const pinned = ({ conversation }: { conversation: Conversation }) => conversation.is_pinned;
      await socket.nextPush<{ conversation: Conversation }>(2007, pinned);
    }
  });

  await smoke.step("on each device every frame begins at the cursor where the one before it ended", async () => {
    const cursors = [followed(web.log, "alice's web socket"), followed(mobile.log, "alice's phone")];
    equal(cursors[0], cursors[1], "the cursor of both devices");
    equal(await web.ping(), `pong:${cursors[0]}`, "the heartbeat's cursor");
  });

  await smoke.step("a burst of 20 sends is answered in order, with consecutive seqs and cursors", async () => {
    const asked = Array.from({ length: 20 }, (_, index) =>
      web.request<Sent>(1003, outgoing({ user: bob.id }, { text: `burst ${index}` })),
    );
    const answers = await Promise.all(asked);
    const order = (frames: readonly Frame[]) => frames.map(({ msg_incr }) => msg_incr);
    const arrived = web.log.filter((frame) => frame.req_identifier === 1003).slice(-20);
    equal(order(arrived), order(answers), "the order of the answers");
    const seqs = answers.map((answer) => ok(answer).seq);
    that(
      seqs.every((seq, index) => seq === index + 3),
      "the seqs continue from 3",
      seqs,
    );
    equal(await web.ping(), `pong:${followed(web.log, "alice's web socket")}`, "the heartbeat's cursor");
  });
}
