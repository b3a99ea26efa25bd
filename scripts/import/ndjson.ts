import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { OldGroup, OldMessage, Source } from "./source.ts";

/**
 * Reads users.ndjson, groups.ndjson, messages.ndjson (with conversation_id) and reads.ndjson (conversation_id, user_id,
 * read_seq) of a folder: one JSON object a line, with the fields of `Source`. A file that is not there has no lines.
 */
export async function sourceOfFolder(folder: string): Promise<Source> {
  const source = {
    users: [] as Source["users"],
    groups: new Map<string, OldGroup>(),
    messages: new Map<string, OldMessage[]>(),
    reads: new Map<string, { user_id: string; read_seq: number }[]>(),
  };
  for await (const user of lines<Partial<Source["users"][number]> & { user_id: string }>(
    join(folder, "users.ndjson"),
  )) {
    source.users.push({ nickname: user.user_id, avatar: "", extra: "", password_hash: "", created_at: 0, ...user });
  }
  for await (const group of lines<Partial<OldGroup> & { group_id: string }>(join(folder, "groups.ndjson"))) {
    const whole = {
      name: "",
      owner_id: "",
      introduction: "",
      avatar: "",
      member_ids: [],
      admin_ids: [],
      is_dismissed: false,
      ...group,
    };
    source.groups.set(group.group_id, whole);
  }
  for await (const { conversation_id, ...message } of lines<OldMessage & InConversation>(
    join(folder, "messages.ndjson"),
  )) {
    put(source.messages, conversation_id, message);
  }
  for await (const { conversation_id, ...read } of lines<{ user_id: string; read_seq: number } & InConversation>(
    join(folder, "reads.ndjson"),
  )) {
    put(source.reads, conversation_id, read);
  }
  return source;
}

interface InConversation {
  readonly conversation_id: string;
}

function put<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

async function* lines<T>(file: string): AsyncGenerator<T> {
  if (!existsSync(file)) return;
  for await (const line of createInterface({ input: createReadStream(file, "utf8") })) {
    if (line.trim() !== "") yield JSON.parse(line);
  }
}
