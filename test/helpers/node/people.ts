import type { Api, Group, Message, Pulled, PullRequest } from "../../../src/client/index.ts";
import { ok } from "./checks.ts";
import { Rest } from "./rest.ts";
import { Socket, type SocketOptions } from "./socket.ts";
import { outgoing, platform, type Sent, singleId } from "./wire.ts";

/** Different in every run, so that a test can share a server with other tests and earlier runs. */
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
  readonly rest: Rest;

  constructor(server: Rest, who: { id: string; password: string; platform: number; token: string }) {
    this.id = who.id;
    this.password = who.password;
    this.platform = who.platform;
    this.token = who.token;
    this.rest = server.as(who.token);
  }

  get api(): Api {
    return this.rest.api;
  }

  on(other: number): Promise<Person> {
    return signIn(this.rest, this.id, this.password, other);
  }

  with(token: string): Person {
    return new Person(this.rest, { id: this.id, password: this.password, platform: this.platform, token });
  }

  socket(options: SocketOptions = {}): Promise<Socket> {
    return Socket.open(this.rest.url, { token: this.token, ...options });
  }

  socketOf(conversationId: string, options: SocketOptions = {}): Promise<Socket> {
    return this.socket({ ...options, query: { ...options.query, conversation_id: conversationId } });
  }

  text(to: { readonly id: string }, text: string): Promise<Message> {
    return this.api.msg.send(outgoing({ user: to.id }, { text }));
  }

  textGroup(group: Group, text: string): Promise<Message> {
    return this.api.msg.send(outgoing({ group: group.id }, { text }));
  }

  pull(conversation_id: string, range: Omit<PullRequest, "conversation_id"> = {}): Promise<Pulled> {
    return this.api.msg.pull({ conversation_id, ...range });
  }

  chatWith(other: Person): string {
    return singleId(this.id, other.id);
  }
}

export async function signUp(server: Rest, name: string, on: number = platform.web): Promise<Person> {
  const id = uniqueId(name);
  const password = `secret of ${id}`;
  await server.api.auth.register({ user_id: id, nickname: name, password });
  return signIn(server, id, password, on);
}

export async function signIn(server: Rest, id: string, password: string, on: number): Promise<Person> {
  const { api } = new Rest(server.url);
  const { token } = await api.auth.login({ user_id: id, password, platform_id: on });
  return new Person(server, { id, password, platform: on, token });
}

/** New users, signed in on the web, named as in the test. */
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
  await two[0].text(two[1], "to create the chat");
  return two;
}

/** Sends over a socket (1003) and returns the answer's data. */
export async function sendOver(socket: Socket, body: ReturnType<typeof outgoing>): Promise<Sent> {
  return ok(await socket.request<Sent>(1003, body));
}
