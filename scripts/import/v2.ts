import { singleConversationId } from "../../src/protocol/ids.ts";
import type { DumpRow } from "./mysql.ts";
import type { OldGroup, OldMessage, Source } from "./source.ts";

/**
 * The tables of the Go server: users, groups, group_members, messages, seq_users. Its code numbers roles 0 to 2 and
 * states 0 to 2 (0 is a member, and a member who is there).
 */
export class V2Source implements Source {
  readonly users: Source["users"] = [];
  readonly groups = new Map<string, OldGroup>();
  readonly messages = new Map<string, OldMessage[]>();
  readonly reads = new Map<string, { user_id: string; read_seq: number }[]>();

  /** Takes a row of the dump. Rows of other tables are left out. */
  take(table: string, row: DumpRow): void {
    const text = (name: string) => row[name] ?? "";
    if (table === "users") this.users.push(userOf(row));
    else if (table === "groups") this.#group(text("id"), row);
    else if (table === "group_members") this.#member(this.#group(text("group_id")), row);
    else if (table === "messages") this.#message(row);
    else if (table === "seq_users") {
      const reads = this.reads.get(text("conversation_id")) ?? [];
      reads.push({ user_id: text("user_id"), read_seq: Number(text("read_seq")) });
      this.reads.set(text("conversation_id"), reads);
    }
  }

  #group(id: string, row?: DumpRow): OldGroup {
    const group = this.groups.get(id) ?? emptyGroup(id);
    this.groups.set(id, group);
    if (row) {
      const { name, introduction, avatar, creator_user_id, status } = row;
      Object.assign(group, {
        name,
        introduction: introduction ?? "",
        avatar: avatar ?? "",
        is_dismissed: status === "1",
      });
      group.owner_id ||= creator_user_id ?? "";
    }
    return group;
  }

  #member(group: OldGroup, { user_id, role_level, status }: DumpRow): void {
    if (status !== "0" || !user_id) return;
    group.member_ids.push(user_id);
    if (role_level === "2") group.owner_id = user_id;
    if (role_level === "1") group.admin_ids.push(user_id);
  }

  #message(row: DumpRow): void {
    const { sender_id, recv_id, group_id, session_type, client_msg_id, seq, msg_type, send_at } = row;
    const single = singleConversationId(sender_id ?? "", recv_id ?? "");
    const id = row.conversation_id || (session_type === "2" ? `sg_${group_id}` : single);
    const messages = this.messages.get(id) ?? [];
    messages.push({
      seq: Number(seq),
      sender_id: sender_id ?? "",
      client_msg_id: client_msg_id ?? "",
      msg_type: Number(msg_type),
      content: contentOf(row),
      send_at: Number(send_at),
    });
    this.messages.set(id, messages);
  }
}

function emptyGroup(group_id: string): OldGroup {
  return {
    group_id,
    name: "",
    introduction: "",
    avatar: "",
    owner_id: "",
    member_ids: [],
    admin_ids: [],
    is_dismissed: false,
  };
}

function userOf({ id, nickname, avatar, extra, password, created_at }: DumpRow): Source["users"][number] {
  return {
    user_id: id ?? "",
    nickname: nickname || (id ?? ""),
    avatar: avatar ?? "",
    extra: extra ?? "",
    password_hash: password ?? "",
    created_at: Number(created_at ?? 0),
  };
}

const KEYS: Readonly<Record<string, string>> = {
  1: "text",
  2: "image",
  3: "video",
  4: "audio",
  5: "file",
  100: "custom",
};

/** The content in the short form, from the JSON column or from a column for each kind. */
function contentOf(row: DumpRow): Record<string, unknown> {
  const key = KEYS[row.msg_type ?? ""] ?? "custom";
  const column = row[`content_${key}`];
  if (row.content === undefined || row.content === null) return { [key]: column ?? "" };
  const content: unknown = JSON.parse(row.content);
  if (typeof content !== "object" || content === null) return { [key]: String(content) };
  const value: unknown = Reflect.get(content, key);
  if (typeof value === "string" || value === undefined) return content as Record<string, unknown>;
  if (typeof value === "object" && value !== null) {
    const inner: unknown = Reflect.get(value, key === "text" ? "text" : "url");
    if (typeof inner === "string") return { ...value, [key]: inner };
  }
  return { ...content, [key]: JSON.stringify(value) };
}
