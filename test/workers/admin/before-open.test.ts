import { expect, test } from "vitest";
import type { Message } from "../../../src/protocol/model.ts";
import { ok } from "../../helpers/workers/api.ts";
import { ASKING, beforeEndpoint } from "../../helpers/workers/before.ts";
import { operating } from "../../helpers/workers/operations.ts";
import { pair, people } from "../../helpers/workers/people.ts";
import { settings } from "../../helpers/workers/settings.ts";

settings({ ...ASKING, HOOK_BEFORE_FAIL: "open" });
const endpoint = beforeEndpoint();

test("[HOOK-5] while the endpoint is down, an open setting lets sends, edits and forwards pass, and a denial holds", async () => {
  const [alice, bob, chat] = await pair();
  const [carol] = await people("carol");
  const room = await alice.roomSocket(chat);
  const edit = (text: string) => ({ conversation_id: chat, seq: 1, content: { text } });
  endpoint.decide = () => Promise.reject(new TypeError("no route"));
  await alice.text(bob, "sent");
  ok(await operating(alice, chat).edit(1, "edited"));
  expect((await room.request(1012, edit("edited here"))).err_code).toBe(0);
  const forward = { from_conversation_id: chat, seqs: [1], recv_id: carol.id, session_type: 1, client_msg_ids: ["f"] };
  expect(ok(await alice.post<Message[]>("/msg/forward", forward))[0]?.content).toEqual({ text: "edited here" });
  endpoint.decide = () => ({ action: "deny" });
  expect((await operating(alice, chat).edit(1, "denied")).code).toBe(4011);
  expect((await room.request(1012, edit("denied"))).err_code).toBe(4011);
});
