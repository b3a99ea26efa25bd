import { createRequire } from "node:module";
import { groupConversationId, type SendRequest, singleConversationId } from "../../src/client/index.ts";
import { Push } from "../../src/protocol/frames.ts";
import type { Receiver } from "../client/messages.ts";
import { Peer } from "../client/peer.ts";
import { apiOf, type Person, seedPeople } from "../seed.ts";
import { type Builds, type Server, startOurs } from "../servers.ts";
import { type Chat, type End, PEOPLE, type System } from "./system.ts";

/** This server takes part twice, each time with a workerd of its own: by each of the sockets that a client can open. */
const SOCKETS = {
  user: {
    name: "Nexo IM",
    durability:
      "a text is answered once it is committed in the conversation's SQLite. The conversation tells all inboxes until " +
      "each has it, with the answer or after it. Retries are recognised.",
    path: () => "/ws",
  },
  conversation: {
    name: "Nexo IM, conversation's socket",
    durability:
      "a text is answered once it is committed in the conversation's SQLite. The conversation tells all inboxes until " +
      "each has it. Retries are recognised.",
    path: (conversationId: string) => `/ws?conversation_id=${conversationId}`,
  },
} as const;

/** Starts this server, to be used by one kind of its sockets. */
export async function startOurSystem(builds: Builds, folder: string, socket: keyof typeof SOCKETS): Promise<System> {
  const { name, durability, path } = SOCKETS[socket];
  const server = await startOurs(builds, folder);
  const people = new Map((await seedPeople(server, PEOPLE)).map((person) => [person.id, person]));
  const workerd: string = createRequire(import.meta.url)("workerd/package.json").version;
  return {
    name,
    versions: `workerd ${workerd}`,
    durability,
    chat: (members) => makeChat(server, people, members, path),
    stop: () => server.stop(),
  };
}

async function makeChat(
  server: Server,
  people: ReadonlyMap<string, Person>,
  members: readonly string[],
  pathFor: (conversationId: string) => string,
): Promise<Chat> {
  const [first = "", second = ""] = members;
  const tokenOf = (member: string) => people.get(member)?.token ?? "";
  const enter = async (member: string, conversationId: string, to: Receiver) =>
    new OurEnd(await Peer.open(server.url, pathFor(conversationId), tokenOf(member)), conversationId, to);
  if (members.length === 2) {
    const id = singleConversationId(first, second);
    return { enter: (member) => enter(member, id, { recv_id: member === first ? second : first }) };
  }
  const { api, close } = apiOf(server, tokenOf(first));
  const group = await api.group.create({ name: "Group", member_ids: [...members] });
  close();
  return { enter: (member) => enter(member, groupConversationId(group.id), { group_id: group.id }) };
}

class OurEnd implements End {
  readonly #peer: Peer;
  readonly #to: Receiver;
  readonly #prefix = crypto.randomUUID();
  #sent = 0;
  /** Pushes come at least once. */
  #newest = 0;
  received: End["received"] = () => undefined;

  constructor(peer: Peer, conversationId: string, to: Receiver) {
    this.#peer = peer;
    this.#to = to;
    peer.pushed = (push) => {
      if (push.req_identifier !== Push.MESSAGES) return;
      const messages = push.data.msgs[conversationId] ?? [];
      const fresh = messages.filter(({ seq }) => seq > this.#newest);
      this.#newest = fresh.at(-1)?.seq ?? this.#newest;
      if (fresh.length > 0) this.received(fresh.length);
    };
  }

  send(text: string): Promise<unknown> {
    const request: SendRequest = {
      client_msg_id: `${this.#prefix}-${++this.#sent}`,
      ...this.#to,
      session_type: "group_id" in this.#to ? 2 : 1,
      msg_type: 1,
      content: { text },
    };
    return this.#peer.send(request);
  }

  close(): Promise<void> {
    return this.#peer.close();
  }
}
