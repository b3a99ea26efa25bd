import { isDeepStrictEqual } from "node:util";

/** What is checked after every kill. Ids in brackets are the rules of docs/SPEC.md. */
export const rules = {
  served: "requests are answered as they should be, up to the kill",
  stored: "[SEND-1] what was answered or pushed is there, with its seq and content",
  whole: "[SEND-2] seqs are 1, 2, 3…: no hole, no repeat",
  once: "[SEND-3] retries make no double and get the first answer",
  rising: "[SEND-6] server_msg_ids rise, send_at does not fall",
  visible: "[VIS-2] [VIS-3] each sees from their first seq to their last, and group changes answered are there",
  marks: "[READ-1] [READ-2] read marks that were answered or pushed did not go back",
  unread: "[UNREAD-1] unread is what a member sees after the mark",
  groups: "[GROUP-2] a group whose making was not answered is one group after the retries",
  told: "[TELL-1] every inbox's list agrees with its conversations, with nothing sent",
  alarms: "[TELL-5] no alarm failed",
  cursor: "[SYNC-1] the cursor did not go back, and the heartbeat tells it",
  sync: "[SYNC-2] sync from 0, and from a cursor of before the kill, gives the list as it is",
  chain: "[SYNC-3] each frame on a user's socket begins where the one before ended, after a restart too",
  list: "[LIST-1] pinned first, then newest first; totals are the sum",
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

  add(others: Checks): void {
    for (const rule of Object.keys(rules) as Rule[]) this.counts[rule] += others.counts[rule];
    this.failures.push(...others.failures);
    this.failed += others.failed;
  }
}

export function show(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 600);
}
