import { type Rule, rules } from "./checks.ts";
import { leftAlone, type Round, type Storm } from "./round.ts";
import type { Result } from "./run.ts";

export function describeRound({ round, storm, comeback, agreement, checks }: Round): string {
  const lines = [`round ${round}: kill -9 after ${seconds(storm?.killedAfter)}`];
  if (storm) {
    lines.push(
      `  in flight   ${counts(storm.inFlight) || "nothing"}`,
      `  answered    ${counts(storm.answered)}`,
      `  sends       ${storm.sent} answered, ${storm.refused} refused, ${storm.open.length} unanswered; ${storm.offline} more while the server was down`,
    );
  }
  if (storm && comeback) {
    const { open, answered, groups } = comeback.repeated;
    const { stored, made, refused } = fates(storm);
    lines.push(
      `  restart     ${seconds(storm.restartedAfter)}; woken SDKs were online within ${seconds(comeback.woken)}, others within ${seconds(comeback.others)}, and all had sent everything within ${seconds(comeback.sent)}`,
      `  repeated    by hand: ${open} unanswered sends by REST, ${answered} answered sends, ${groups} groups`,
      `  unanswered  ${stored} had been stored, ${made} not, ${refused} refused (no longer a member)`,
    );
  }
  if (agreement) {
    const alone = agreement.wasLeftAlone ? `, after ${leftAlone / 1_000} s without requests` : "";
    lines.push(
      `  agreement   ${agreement.atOnce} of ${agreement.users} users at the first check${alone}, all ${seconds(agreement.after)} later`,
    );
  }
  const checked = (Object.keys(rules) as Rule[]).map((rule) => `${rule} ${checks.counts[rule]}`);
  return [...lines, `  checked     ${checked.join(", ")}`].join("\n");
}

/** The fate of sends that were not answered before the kill. */
function fates({ open, killedAt }: Storm) {
  const stored = open.filter(({ message }) => message && message.send_at <= killedAt).length;
  const refused = open.filter((sending) => sending.refused !== undefined).length;
  return { stored, made: open.length - stored - refused, refused };
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
  const sum = (of: (storm: Storm) => number) => rounds.reduce((total, { storm }) => total + (storm ? of(storm) : 0), 0);
  const sends = `${sum(({ sent }) => sent)} sends answered and ${sum(({ open }) => open.length)} not`;
  const offline = `${sum((storm) => storm.offline)} while the server was down`;
  const all = Object.values(checks.counts).reduce((total, count) => total + count, 0);
  return [
    "checked in all rounds:",
    ...lines,
    `${rounds.length} kills, ${sends}, ${offline}, ${all} checks: nothing lost`,
  ].join("\n");
}

function counts(of: Readonly<Record<string, number>>): string {
  return Object.entries(of)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, count]) => `${count} ${kind}`)
    .join(", ");
}

function seconds(milliseconds = 0): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}
