import { type Rule, rules } from "./checks.ts";
import type { Round } from "./round.ts";
import type { Result } from "./run.ts";

export function describeRound(round: Round): string {
  const { sends, retried, agreement } = round;
  const lines = [
    `round ${round.round}: kill -9 after ${seconds(round.killedAfter)}`,
    `  in flight   ${counts(round.inFlight) || "nothing"}`,
    `  answered    ${counts(round.answered)}`,
  ];
  if (sends) {
    lines.push(`  sends       ${sends.answered} answered, ${sends.unanswered} unanswered, ${sends.refused} refused`);
  }
  if (agreement) {
    const untouched = round.wasUntouched ? ", left alone for 7 s before" : "";
    lines.push(
      `  restart     ${seconds(round.restartedAfter)}; ${agreement.atOnce} of ${agreement.replicas.size} inboxes agreed at the first look, all ${seconds(agreement.after)} after the restart${untouched}`,
    );
  }
  if (retried) {
    lines.push(
      `  retries     unanswered: ${retried.stored} had been stored, ${retried.made} not, ${retried.refused} refused (no member any more); ${retried.again} answered ones again; ${retried.groups} groups again`,
    );
  }
  const checked = (Object.keys(rules) as Rule[]).map((rule) => `${rule} ${round.checks.counts[rule]}`);
  lines.push(`  checked     ${checked.join(", ")}`);
  return lines.join("\n");
}

export function describeFailures({ checks, rounds, state, logs }: Result, seed: number): string {
  const lines = [`FAILED: seed ${seed}, round ${rounds.length}: ${checks.failed} checks, the first of them:`];
  for (const { rule, evidence } of checks.failures)
    lines.push(`${rules[rule]}\n  ${evidence.replaceAll("\n", "\n  ")}`);
  const errors = logs.split("\n").filter((line) => line.includes('"level":"error"'));
  lines.push(`Errors in the server's log (${errors.length}):`, ...errors.slice(-10));
  lines.push(`The server's state and server.log are kept in ${state}`);
  return lines.join("\n");
}

export function describeAll({ checks, rounds }: Result): string {
  const lines = (Object.keys(rules) as Rule[]).map(
    (rule) => `  ${String(checks.counts[rule]).padStart(8)}  ${rules[rule]}`,
  );
  const sum = (of: (round: Round) => number) => rounds.reduce((total, round) => total + of(round), 0);
  const answered = sum(({ sends }) => sends?.answered ?? 0);
  const unanswered = sum(({ sends }) => sends?.unanswered ?? 0);
  const all = Object.values(checks.counts).reduce((total, count) => total + count, 0);
  return [
    "checked in all rounds:",
    ...lines,
    `${rounds.length} kills, ${answered} sends answered and ${unanswered} not, ${all} checks: nothing lost`,
  ].join("\n");
}

function counts(of: Readonly<Record<string, number>>): string {
  return Object.entries(of)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}
