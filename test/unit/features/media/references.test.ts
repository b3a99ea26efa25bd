import { expect, test } from "vitest";
import { ConversationState } from "../../../../src/core/log/state.ts";
import { ConversationStore } from "../../../../src/core/log/store.ts";
import { type Env, settingsOf } from "../../../../src/env.ts";
import { newMediaId } from "../../../../src/features/media/media-id.ts";
import { MediaReferences } from "../../../../src/features/media/references.ts";
import { ReferenceStore } from "../../../../src/features/media/references-store.ts";
import { Code } from "../../../../src/protocol/codes.ts";
import { memorySql } from "../../sql.ts";

const CHAT = "si_ann:ben";
const HOUR = 3_600_000;
const FILE = 5;

/** The references of a chat in which ann has said something, and the files that its alarm has deleted. */
function chat() {
  const store = new ConversationStore(memorySql());
  const now = Date.now;
  const conversation = new ConversationState(store, {
    conversationId: CHAT,
    maxMembers: 10,
    largeGroup: 10,
    named: () => [],
    now,
    isFull: () => false,
    transaction: (work) => work(),
  });
  const text = { client_msg_id: "c", msg_type: 1, content: '{"text":"x"}' };
  conversation.append([{ user_id: "ann", mark: null, sends: [text], allowance: 1, founding: true }]);
  const { newest } = conversation.messages;
  if (!newest) throw new Error("nothing was said");
  const deleted: string[] = [];
  const bucket = { delete: async (ids: string[]) => void deleted.push(...ids) } as unknown as R2Bucket;
  const env = { JWT_SECRET: "for tests only, at least 32 bytes" } as unknown as Env;
  const alarms: number[] = [];
  const rows = new ReferenceStore(store);
  const parts = { env, bucket, conversation, now, wakeAt: (time: number) => alarms.push(time) };
  const references = new MediaReferences(parts, rows);
  const upload = (owner = "ann", conversation_id = CHAT) =>
    newMediaId(settingsOf(env), { user_id: owner, conversation_id }, now() + HOUR);
  const naming = (...ids: string[]) =>
    JSON.stringify({ file_url: ids.map((id) => `https://x.test/media/${id}`).join() });
  const stored = (seq: number, content: string) => references.stored({ ...newest, seq, msg_type: FILE, content });
  return { references, rows, deleted, alarms, upload, naming, stored };
}

test("[MEDIA-2] a recall takes the files of a message away, and an edit those that it no longer names", async () => {
  const { references, rows, deleted, alarms, upload, naming, stored } = chat();
  const [a, b, c] = [upload(), upload(), upload()];
  stored(1, naming(a, b));
  references.replaced("ann", { seq: 1, msg_type: FILE, before: naming(a, b), after: naming(b, c) });
  expect(rows.kept([a, b, c])).toEqual([a, b, c]);
  expect(alarms).toHaveLength(1);
  await references.alarm();
  expect(deleted).toEqual([a]);
  expect(rows.kept([a, b, c])).toEqual([b, c]);
  references.replaced("ann", { seq: 1, msg_type: FILE, before: naming(b, c), after: null });
  await references.alarm();
  expect(deleted.toSorted()).toEqual([a, b, c].toSorted());
});

test("[MEDIA-2] a file that another message names stays", async () => {
  const { references, deleted, upload, naming, stored } = chat();
  const a = upload();
  stored(1, naming(a));
  stored(2, naming(a));
  references.replaced("ann", { seq: 1, msg_type: FILE, before: naming(a), after: null });
  await references.alarm();
  expect(deleted).toEqual([]);
  // Repeated, it takes nothing from the other message.
  references.replaced("ann", { seq: 1, msg_type: FILE, before: naming(a), after: null });
  references.replaced("ann", { seq: 2, msg_type: FILE, before: naming(a), after: null });
  await references.alarm();
  expect(deleted).toEqual([a]);
});

test("[MEDIA-1] an edit names only files of the message's sender, and none that was deleted", async () => {
  const { references, upload, naming, stored } = chat();
  const a = upload();
  stored(1, naming(a));
  const edit = (id: string) => () =>
    references.replaced("ann", { seq: 1, msg_type: FILE, before: naming(a), after: naming(a, id) });
  for (const wrong of [upload("ben"), upload("ann", "sg_x"), "A".repeat(56)]) {
    expect(edit(wrong)).toThrow(expect.objectContaining({ code: Code.INVALID_PARAMETER }));
  }
  references.replaced("ann", { seq: 1, msg_type: FILE, before: naming(a), after: null });
  await references.alarm();
  expect(references.refusal("ann", { client_msg_id: "d", msg_type: FILE, content: naming(a) })).toMatch(/deleted/);
});
