import { env } from "cloudflare:workers";
import { hashPassword } from "../../../src/core/passwords.ts";
import { askObject } from "../../../src/core/rpc.ts";
import type { Login } from "../../../src/durable/upgrade.ts";
import { signIn as signInCall } from "../../../src/features/logins/calls.ts";
import { signToken } from "../../../src/middleware/tokens.ts";
import type { Group } from "../../../src/protocol/group-model.ts";
import type { Conversation, Message, Pulled, ReadState, Synced } from "../../../src/protocol/model.ts";
import { type Answer, call, ok } from "./api.ts";
import { inboxOf } from "./objects.ts";
import { openSocket, type TestSocket } from "./socket.ts";

let made = 0;
let hash: Promise<string> | undefined;

export const PASSWORD = "correct horse";
export const NEW_PASSWORD = "battery staple";
export const WEB = 5;
const secret = () => new TextEncoder().encode(env.JWT_SECRET);

/** A user signed in on one platform. */
export class Person {
  readonly id: string;
  readonly login: Login;
  readonly token: string;

  constructor(login: Login, token: string) {
    this.id = login.user_id;
    this.login = login;
    this.token = token;
  }

  /** The same user with a new login. */
  on(platform: number): Promise<Person> {
    return signIn(this.id, platform);
  }

  /** The same login with another of its tokens. */
  with(token: string): Person {
    return new Person(this.login, token);
  }

  get<T = unknown>(path: string, query: Record<string, string | number | undefined> = {}): Promise<Answer<T>> {
    return call<T>("GET", path, { token: this.token, query });
  }

  post<T = unknown>(path: string, body: unknown = {}): Promise<Answer<T>> {
    return call<T>("POST", path, { token: this.token, body });
  }

  put<T = unknown>(path: string, body: unknown, query: Record<string, string | number> = {}): Promise<Answer<T>> {
    return call<T>("PUT", path, { token: this.token, body, query });
  }

  send(to: Target, text: string, clientMessageId?: string): Promise<Answer<Message>> {
    return this.post<Message>("/msg/send", outgoing(to, text, clientMessageId));
  }

  async text(to: Target, text = "hello"): Promise<Message> {
    return ok(await this.send(to, text));
  }

  async pull(conversationId: string, query: Record<string, string | number> = {}): Promise<Pulled> {
    return ok(await this.get<Pulled>("/msg/pull", { conversation_id: conversationId, ...query }));
  }

  /** The seqs that this user can pull. */
  async seqs(conversationId: string): Promise<number[]> {
    return (await this.pull(conversationId)).messages.map(({ seq }) => seq);
  }

  async list(query: Record<string, string | number> = {}): Promise<Conversation[]> {
    return ok(await this.get<Conversation[]>("/conversation/list", query));
  }

  /** The entry of one conversation in the list, without asking the conversation. */
  async entry(conversationId: string): Promise<Conversation | undefined> {
    return (await this.list()).find((entry) => entry.conversation_id === conversationId);
  }

  async sync(since: number, query: Record<string, string | number> = {}): Promise<Synced> {
    return ok(await this.get<Synced>("/sync", { since, ...query }));
  }

  async readState(conversationId: string): Promise<ReadState> {
    return ok(await this.get<ReadState>("/conversation/max_read_seq", { conversation_id: conversationId }));
  }

  read(conversationId: string, seq: number): Promise<Answer<null>> {
    return this.post<null>("/conversation/mark_read", { conversation_id: conversationId, read_seq: seq });
  }

  socket(query: Record<string, string | number> = {}): Promise<TestSocket> {
    return openSocket({ token: this.token, ...query });
  }

  roomSocket(conversationId: string, query: Record<string, string | number> = {}): Promise<TestSocket> {
    return this.socket({ conversation_id: conversationId, ...query });
  }

  chatWith(other: { id: string }): string {
    return this.id < other.id ? `si_${this.id}:${other.id}` : `si_${other.id}:${this.id}`;
  }
}

export type Target = Person | { readonly group_id: string };

let sent = 0;

/** The body of a text to a user or to a group. */
export function outgoing(to: Target, text: string, clientMessageId = `c${++sent}`) {
  const target = "group_id" in to ? { group_id: to.group_id, session_type: 2 } : { recv_id: to.id, session_type: 1 };
  return { client_msg_id: clientMessageId, ...target, msg_type: 1, content: { text } };
}

/** New users, all signed in on the web. Only the first password is hashed, which is faster. */
export async function people<const Names extends readonly string[]>(
  ...names: Names
): Promise<{ [Index in keyof Names]: Person }> {
  hash ??= hashPassword(PASSWORD);
  const password = await hash;
  const ids = names.map((name) => `${name}-${++made}`);
  const insert = env.DB.prepare("INSERT INTO users (user_id, nickname, password_hash, created_at) VALUES (?, ?, ?, ?)");
  await env.DB.batch(ids.map((id, index) => insert.bind(id, names[index] ?? "", password, Date.now())));
  const all = await Promise.all(ids.map((id) => signIn(id, WEB)));
  return all as { [Index in keyof Names]: Person };
}

export async function signIn(userId: string, platform: number): Promise<Person> {
  const signing = { platform_id: platform, password_version: 1, network: "" };
  const claims = await askObject(inboxOf({ id: userId }), signInCall, signing);
  if (!claims) throw new Error("the password no longer has version 1");
  return new Person(claims, await signToken(secret(), claims));
}

/** Two users in a chat with one message, the first one's. */
export async function pair(): Promise<[alice: Person, bob: Person, chat: string]> {
  const [alice, bob] = await people("alice", "bob");
  await alice.text(bob, "first");
  return [alice, bob, alice.chatWith(bob)];
}

export interface TestGroup {
  readonly group_id: string;
  readonly conversation_id: string;
}

export async function makeGroup(owner: Person, ...members: Person[]): Promise<TestGroup> {
  const body = { name: "the group", member_ids: members.map(({ id }) => id) };
  const { id } = ok(await owner.post<Group>("/group/create", body));
  return { group_id: id, conversation_id: `sg_${id}` };
}

/** Signs in as clients do, with the route. */
export function loginBy(userId: string, password: string, platform = 3): Promise<Answer<{ token: string }>> {
  return call("POST", "/auth/login", { body: { user_id: userId, password, platform_id: platform } });
}

export function changePassword(who: Person): Promise<Answer<null>> {
  return who.post("/auth/password", { old_password: PASSWORD, new_password: NEW_PASSWORD });
}
