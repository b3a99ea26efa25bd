import { expect } from "vitest";
import type { FrameData, PushData } from "../../../src/protocol/frame-answers.ts";
import type { Message } from "../../../src/protocol/model.ts";
import { type Answer, ok } from "./api.ts";
import type { Person } from "./people.ts";

type Operated = FrameData<1012>;
export type SeqResults = FrameData<1013>;
type Reacted = FrameData<1015>;
export type Changes = FrameData<1011>;
export type Changed = PushData<2008>;

/** The operations on messages of one user in one conversation. */
export function operating(who: Person, conversation_id: string) {
  const at = (seq: number) => ({ conversation_id, seq });
  return {
    edit: (seq: number, text: string, more: Record<string, unknown> = {}) =>
      who.post<Operated>("/msg/edit", { ...at(seq), content: { text }, ...more }),
    recall: (...seqs: number[]) => who.post<SeqResults>("/msg/recall", { conversation_id, seqs }),
    remove: (...seqs: number[]) => who.post<SeqResults>("/msg/delete", { conversation_id, seqs }),
    react: (seq: number, emoji: string, on = true) => who.post<Reacted>("/msg/react", { ...at(seq), emoji, on }),
    pin: (seq: number, on = true) => who.post<Operated>("/msg/pin", { ...at(seq), on }),
    changes: async (since_rev: number, more: Record<string, number> = {}) =>
      ok(await who.get<Changes>("/msg/changes", { conversation_id, since_rev, ...more })),
    message: async (seq: number): Promise<Message | undefined> =>
      (await who.pull(conversation_id, { begin_seq: seq, end_seq: seq })).messages[0],
    pins: async () => ok(await who.get<Message[]>("/msg/pins", { conversation_id })).map(({ seq }) => seq),
    reactions: (seq: number, more: Record<string, string | number> = {}) =>
      who.get<{ user_id: string; emoji: string; at: number }[]>("/msg/reactions", { ...at(seq), ...more }),
    revisions: (seq: number) => who.get<{ content: unknown; at: number }[]>("/msg/revisions", at(seq)),
    mentions: (more: Record<string, number> = {}) => who.get<Message[]>("/msg/mentions", { conversation_id, ...more }),
  };
}

/** The codes of an answer about several messages. */
export function codes(answer: Answer<SeqResults>): number[] {
  return ok(answer).results.map(({ code }) => code);
}

/** Expects that a message is recalled and holds nothing. */
export function expectRecalled(message: Message | undefined, by: Person): void {
  expect(message).toMatchObject({
    content: {},
    meta: null,
    amended: { recalled_by: by.id, reactions: [], pinned_at: 0 },
  });
  expect(message?.amended?.recalled_at).toBeGreaterThan(0);
}
