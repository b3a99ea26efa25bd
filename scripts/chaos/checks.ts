import { isDeepStrictEqual } from "node:util";

/** What is checked after every kill. Ids in brackets are the rules of docs/SPEC.md. */
export const rules = {
  served: "requests are answered as they should be, up to the kill",
  settled: "every SDK came back by itself; all it was handed is sent, or refused to who is no member",
  stored: "[SEND-1] what was answered is there, with its seq and content",
  whole: "[SEND-2] seqs are 1, 2, 3…: no hole, no repeat",
  once: "[SEND-3] each message is there once however often it was sent, and retries get the first answer",
  order: "what an SDK was handed for a conversation is there in that order",
  rising: "[SEND-6] server_msg_ids rise, send_at does not fall",
  visible: "[VIS-2] [VIS-3] each sees from their first seq to their last, and group changes answered are there",
  marks: "[READ-1] [READ-2] read marks that were answered did not go back",
  unread: "[UNREAD-1] unread is what a member sees after the mark",
  groups: "[GROUP-2] a group whose making was not answered is one group after the retries",
  told: "[TELL-1] every inbox's list agrees with its conversations",
  alarms: "[TELL-5] no alarm failed",
  cursor: "[SYNC-1] the cursor did not go back, and the heartbeat tells it",
  sync: "[SYNC-2] sync from 0, and from a cursor of before the kill, gives the list as it is",
  chain: "[SYNC-3] each frame on a user's socket begins where the one before ended, after a restart too",
  list: "[LIST-1] pinned first, then newest first; totals are the sum",
  heard: "[PUSH-1] onMessage brought each message that is visible once, in order of its conversation, over all kills",
  shown: "every SDK shows the list, the totals and the messages as the server has them",
} as const;

export type Rule = keyof typeof rules;
export type Failure = { rule: Rule; evidence: string };

/** Failures that are kept with their evidence; one fault can fail thousands of checks. */
const keptFailures = 20;

/** Counts what was checked, and keeps what did not hold: the rest is checked all the same. */
export class Checks {
  readonly counts = Object.fromEntries(Object.keys(rules).map((rule) => [rule, 0])) as Record<Rule, number>;
  readonly failures: Failure[] = [];
  failed = 0;

  that(rule: Rule, holds: boolean, evidence: () => string): void {
    this.counts[rule]++;
    if (holds) return;
    this.failed++;
    if (this.failures.length < keptFailures) this.failures.push({ rule, evidence: evidence() });
  }

  same(rule: Rule, got: unknown, expected: unknown, what: string): void {
    const evidence = () => `${what}\n  expected ${show(expected)}\n  got      ${show(got)}`;
    this.that(rule, isDeepStrictEqual(got, expected), evidence);
  }

  /** Compares lists, and shows where they begin to differ. */
  sameList(rule: Rule, got: readonly unknown[], expected: readonly unknown[], what: string): void {
    const longer = got.length > expected.length ? got : expected;
    const index = longer.findIndex((_, at) => !isDeepStrictEqual(got[at], expected[at]));
    const where = `${what}: ${got.length} for ${expected.length}, from index ${index} on`;
    this.same(rule, index < 0 ? null : got[index], index < 0 ? null : expected[index], where);
  }

  add(others: Checks): void {
    for (const rule of Object.keys(rules) as Rule[]) this.counts[rule] += others.counts[rule];
    this.failures.push(...others.failures);
    this.failed += others.failed;
  }
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 600);
}
