import { isDeepStrictEqual } from "node:util";

/** What is checked after every kill. Ids in brackets are the rules of docs/SPEC.md. */
export const rules = {
  served: "requests are answered correctly, up to the kill",
  settled:
    "every SDK reconnected by itself; all its messages are sent, or refused because the user is no longer a member",
  stored: "[SEND-1] every answered message is stored, with its seq",
  amended:
    "[OPS-1] [OPS-3] [AMEND-3] every edit and recall given to an SDK is done or refused, and what is done is stored",
  operated:
    "[OPS-5] [OPS-8] [AMEND-3] every deletion, pin and reaction given to an SDK is done or refused, what is done is stored, and each reaction counts once",
  current:
    "[OPS-2] [AMEND-2] a pull, request 1011, pins, who reacted, and every SDK's views that are opened again agree",
  whole: "[SEND-2] seqs are 1, 2, 3…, without holes or repeats",
  once: "[SEND-3] each message is stored once, however often it was sent, and retries get the first answer",
  order: "the messages of an SDK are stored in the order in which it got them, in each conversation",
  rising: "[SEND-6] server_msg_ids rise, send_at does not decrease",
  visible: "[VIS-2] [VIS-3] each user sees from their first seq to their last, and answered group changes are stored",
  marks: "[READ-1] [READ-2] answered read marks did not move back",
  unread: "[UNREAD-1] unread counts what a member sees after the mark",
  groups: "[GROUP-2] a group whose creation was not answered is one group after the retries",
  told: "[TELL-1] every inbox's list agrees with its conversations",
  alarms: "[TELL-5] no alarm failed",
  cursor: "[SYNC-1] the cursor did not move back, and the heartbeat has it",
  sync: "[SYNC-2] sync from 0, and from a cursor of before the kill, returns the current list",
  chain: "[SYNC-3] each frame on a user's socket begins where the one before ended, also after a restart",
  list: "[LIST-1] pinned first, then newest first; totals are the sum",
  heard: "[PUSH-1] onMessage delivered each visible message once, in the order of its conversation, over all kills",
  events:
    "[HOOK-1] [HOOK-3] events of all messages since the restart reach an endpoint that works, while others fail; none is invented",
  files: "[MEDIA-1] every message that brought a file has it, with every byte",
  recorded: "[MEDIA-2] after the kill an inbox or a conversation knows every stored file",
  restored: "[HIST-1] [HIST-3] [HIST-5] an SDK that crashed and began from its history shows what the server has",
  shown: "every SDK shows the list, the totals and the messages as the server has them",
} as const;

export type Rule = keyof typeof rules;
export type Failure = { rule: Rule; evidence: string };

/** The number of failures kept with their evidence: one fault can fail thousands of checks. */
const keptFailures = 20;

/** Counts checks and keeps the failed ones. A failure does not stop the other checks. */
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

  /** Compares lists, and shows where the first difference is. */
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
