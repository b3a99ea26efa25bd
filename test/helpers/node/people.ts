import { ok } from "./checks.ts";
import { type Frame, Rest, Socket, type SocketOptions } from "./client.ts";
import {
  type Group,
  type Login,
  type Message,
  outgoing,
  type Pulled,
  platform,
  type Sent,
  singleId,
  type User,
} from "./wire.ts";

/** Different in every run, so that tests can share a server with others, and with earlier runs. */
const run = crypto.randomUUID().slice(0, 8);
let made = 0;

export function uniqueId(name: string): string {
  return `${name}-${run}-${++made}`;
}

/** A user signed in on one platform; `on()` is the same user signed in on another. */
export class Person {
  readonly id: string;
  readonly password: string;
  readonly platform: number;
  readonly token: string;
  readonly api: Rest;

  constructor(server: Rest, who: { id: string; password: string; platform: number; token: string }) {
    this.id = who.id;
    this.password = who.password;
    this.platform = who.platform;
    this.token = who.token;
    this.api = server.as(who.token);
  }

  on(other: number): Promise<Person> {
    return signIn(this.api, this.id, this.password, other);
  }

  with(token: string): Person {
    return new Person(this.api, { id: this.id, password: this.password, platform: this.platform, token });
  }

  socket(options: SocketOptions = {}): Promise<Socket> {
    return Socket.open(this.api.url, { token: this.token, ...options });
  }

  socketOf(conversationId: string, options: SocketOptions = {}): Promise<Socket> {
    return this.socket({ ...options, query: { ...options.query, conversation_id: conversationId } });
  }

  async text(to: Person, text: string): Promise<Message> {
    return ok(await this.api.post<Message>("/msg/send", outgoing({ user: to.id }, { text })));
  }

  async textGroup(group: Group, text: string): Promise<Message> {
    return ok(await this.api.post<Message>("/msg/send", outgoing({ group: group.id }, { text })));
  }

  async pull(conversationId: string, query: Record<string, string | number> = {}): Promise<Pulled> {
    return ok(await this.api.get<Pulled>("/msg/pull", { conversation_id: conversationId, ...query }));
  }

  chatWith(other: Person): string {
    return singleId(this.id, other.id);
  }
}

export async function signUp(server: Rest, name: string, on: number = platform.web): Promise<Person> {
  const id = uniqueId(name);
  const password = `secret of ${id}`;
  ok(await server.post<User>("/auth/register", { user_id: id, nickname: name, password }));
  return signIn(server, id, password, on);
}

export async function signIn(server: Rest, id: string, password: string, on: number): Promise<Person> {
  const body = { user_id: id, password, platform_id: on };
  const { token } = ok(await new Rest(server.url).post<Login>("/auth/login", body));
  return new Person(server, { id, password, platform: on, token });
}

/** New users, signed in on the web, named as in the story. */
export async function cast<const Names extends readonly string[]>(
  server: Rest,
  ...names: Names
): Promise<{ [Index in keyof Names]: Person }> {
  const people = await Promise.all(names.map((name) => signUp(server, name)));
  return people as { [Index in keyof Names]: Person };
}

/** Two new users, and the id of the chat that they do not have yet. */
export async function pair(server: Rest): Promise<[alice: Person, bob: Person, chat: string]> {
  const [alice, bob] = await cast(server, "alice", "bob");
  return [alice, bob, alice.chatWith(bob)];
}

/** Two new users in a chat with one message, alice's. */
export async function talkingPair(server: Rest): Promise<[alice: Person, bob: Person, chat: string]> {
  const two = await pair(server);
  await two[0].text(two[1], "so that there is a chat");
  return two;
}

/** Sends over a socket (1003) and returns the answer's data. */
export async function sendOver(socket: Socket, body: ReturnType<typeof outgoing>): Promise<Sent> {
  const answer: Frame<Sent> = await socket.request<Sent>(1003, body);
  return ok(answer);
}
