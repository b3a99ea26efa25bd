import type { OldGroup, OldMessage, Source } from "./source.ts";

/** A request to the server API; gives the data of the answer, or the code of a refusal. */
export type Ask = (
  method: "POST" | "PUT",
  path: string,
  body: object,
) => Promise<{ code: number; msg: string; data: unknown }>;

export interface ImportReport {
  users: number;
  groups: number;
  messages: number;
  /** Seqs that the old server never used, filled with an empty message, since seqs have no holes here. */
  filled: number;
  /** Contents that no type of message fits. They are kept as a custom message. */
  unfit: number;
  /** What was refused, and why. At most a hundred. */
  refused: string[];
}

const OK = 0;
const INVALID = 1001;
const USER_EXISTS = 2007;
const USERS_AT_ONCE = 200;
/** Characters of messages in one request; a body has at most 4 MiB. */
const MESSAGES = { most: 500, characters: 1_000_000 };
const MAX_REFUSALS = 100;
/** What stands in place of a seq that has no message. */
const FILLER = { msg_type: 100, content: { custom: "" } };

/**
 * Moves users, groups, histories and read marks. Each step can be repeated: what is there already is left as it is, so an
 * import that was interrupted is run again.
 */
export async function runImport(source: Source, ask: Ask, progress: (line: string) => void): Promise<ImportReport> {
  const report: ImportReport = { users: 0, groups: 0, messages: 0, filled: 0, unfit: 0, refused: [] };
  const refuse = (what: string) => {
    if (report.refused.length < MAX_REFUSALS) report.refused.push(what);
  };
  await moveUsers(source, ask, report, refuse, progress);
  for (const group of source.groups.values()) {
    if (await makeGroup(group, ask, refuse)) report.groups++;
    progress(`groups ${report.groups}/${source.groups.size}`);
  }
  const total = [...source.messages.values()].reduce((sum, { length }) => sum + length, 0);
  for (const [id, messages] of source.messages) {
    const reads = source.reads.get(id) ?? [];
    await moveMessages(id, messages, reads, ask, report, refuse);
    progress(`messages ${report.messages}/${total}`);
  }
  // Roles and dismissals make notices, which no old message can follow.
  for (const group of source.groups.values()) await finishGroup(group, ask, refuse);
  return report;
}

async function moveUsers(
  { users }: Source,
  ask: Ask,
  report: ImportReport,
  refuse: (what: string) => void,
  progress: (line: string) => void,
): Promise<void> {
  for (let at = 0; at < users.length; at += USERS_AT_ONCE) {
    const part = users.slice(at, at + USERS_AT_ONCE);
    const { code, data } = await ask("POST", "/admin/users/import", { users: part });
    if (code === OK)
      report.users += (data as { code: number }[]).filter((one) => [OK, USER_EXISTS].includes(one.code)).length;
    else for (const user of part) await moveUser(user, ask, report, refuse);
    progress(`users ${Math.min(at + USERS_AT_ONCE, users.length)}/${users.length}`);
  }
}

/** One by one where one of many is refused, so that the others are moved. */
async function moveUser(
  user: Source["users"][number],
  ask: Ask,
  report: ImportReport,
  refuse: (what: string) => void,
): Promise<void> {
  const { code, msg } = await ask("POST", "/admin/users/import", { users: [user] });
  if (code === OK) report.users++;
  else refuse(`user ${user.user_id}: ${msg}`);
}

async function makeGroup(group: OldGroup, ask: Ask, refuse: (what: string) => void): Promise<boolean> {
  const { group_id, owner_id, introduction, avatar, member_ids } = group;
  const body = { group_id, owner_id, name: group.name || group_id, introduction, avatar, member_ids };
  const { code, msg } = await ask("POST", "/admin/groups", body);
  if (code !== OK) refuse(`group ${group_id}: ${msg}`);
  return code === OK;
}

async function finishGroup(group: OldGroup, ask: Ask, refuse: (what: string) => void): Promise<void> {
  const path = `/admin/groups/${group.group_id}`;
  for (const user_id of group.admin_ids) {
    const { code, msg } = await ask("POST", `${path}/role`, { user_id, role_level: 2 });
    if (code !== OK && !group.is_dismissed) refuse(`admin ${user_id} of group ${group.group_id}: ${msg}`);
  }
  if (group.is_dismissed) await ask("POST", `${path}/dismiss`, {});
}

async function moveMessages(
  conversation_id: string,
  messages: readonly OldMessage[],
  reads: readonly object[],
  ask: Ask,
  report: ImportReport,
  refuse: (what: string) => void,
): Promise<void> {
  const whole = withoutHoles(messages, report);
  for (const [part, isLast] of parts(whole)) {
    const answer = await ask("POST", "/admin/messages/import", {
      conversation_id,
      messages: part,
      ...(isLast && { reads: reads.slice(0, 1_000) }),
    });
    if (answer.code === INVALID && answer.msg.includes("content")) {
      const kept = part.map((message) => asCustom(message));
      report.unfit += part.length;
      const again = await ask("POST", "/admin/messages/import", {
        conversation_id,
        messages: kept,
        ...(isLast && { reads }),
      });
      if (again.code !== OK) return refuse(`${conversation_id}: ${again.msg}`);
    } else if (answer.code !== OK) return refuse(`${conversation_id}: ${answer.msg}`);
    report.messages += part.length;
  }
}

/** A content that does not fit its type, as a custom message that has it whole. */
function asCustom(message: OldMessage): OldMessage {
  return {
    ...message,
    msg_type: 100,
    content: { custom_type: `v2:${message.msg_type}`, custom_data: message.content },
  };
}

/** The messages by seq, with a filler for each seq that has none, and with client_msg_ids that no other has. */
function withoutHoles(messages: readonly OldMessage[], report: ImportReport): OldMessage[] {
  const sorted = [...messages].sort((a, b) => a.seq - b.seq);
  const whole: OldMessage[] = [];
  for (const message of sorted) {
    const { sender_id, send_at } = message;
    for (let seq = whole.length + 1; seq < message.seq; seq++) {
      whole.push({ ...FILLER, seq, sender_id, client_msg_id: `filler-${seq}`, send_at });
      report.filled++;
    }
    if (message.seq === whole.length + 1) whole.push(message);
  }
  return whole;
}

function* parts(messages: readonly OldMessage[]): Generator<[part: OldMessage[], isLast: boolean]> {
  let part: OldMessage[] = [];
  let characters = 0;
  for (const message of messages) {
    const length = JSON.stringify(message).length;
    if (part.length >= MESSAGES.most || (part.length > 0 && characters + length > MESSAGES.characters)) {
      yield [part, false];
      [part, characters] = [[], 0];
    }
    part.push(message);
    characters += length;
  }
  if (part.length > 0) yield [part, true];
}
