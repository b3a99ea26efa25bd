import { ok } from "../../test/helpers/node/checks.ts";
import type { Person } from "../../test/helpers/node/people.ts";
import type { Socket } from "../../test/helpers/node/socket.ts";
import type { Frame } from "../../test/helpers/node/tap.ts";
import type { Conversation, Synced } from "../../test/helpers/node/wire.ts";

export type Listed = Map<string, Conversation>;

/** What one client has of its user at some cursor. */
export type Replica = { readonly cursor: number; readonly conversations: Listed };

/** A user as their own client knows them, and what the server has promised it so far. */
export class Client {
  readonly person: Person;
  /** What it has synced, as of its cursor; a sync that the crash cut off changes nothing. */
  replica: Replica = { cursor: 0, conversations: new Map() };
  /** The highest cursor that any answer or push has named. */
  seenCursor = 0;
  /** How far each conversation is read for certain: by marks and sends answered, by pushes. */
  readonly marks = new Map<string, number>();
  /** What it has set on its conversations. */
  readonly settings = new Map<string, { recv_msg_opt?: number; is_pinned?: boolean }>();
  /** Of the current round; rooms by conversation id. */
  socket: Socket | undefined;
  readonly rooms = new Map<string, Socket>();

  constructor(person: Person) {
    this.person = person;
  }

  get id(): string {
    return this.person.id;
  }

  async open(v2: boolean): Promise<Socket> {
    this.socket = await this.person.socket({ v2 });
    return this.socket;
  }

  /** The socket on one conversation, opened at its first use. */
  async room(chatId: string): Promise<Socket> {
    const known = this.rooms.get(chatId);
    if (known) return known;
    const socket = await this.person.socketOf(chatId);
    this.rooms.set(chatId, socket);
    return socket;
  }

  /** Forgets sockets that are dead, and learns from what had come by them. */
  async bury(): Promise<Frame[]> {
    const sockets = [...(this.socket ? [this.socket] : []), ...this.rooms.values()];
    await Promise.all(sockets.map((socket) => socket.end()));
    for (const { data } of this.socket?.log ?? []) this.sawCursor(data);
    this.socket = undefined;
    this.rooms.clear();
    return sockets.flatMap((socket) => socket.log);
  }

  sawCursor(data: unknown): void {
    const { cursor } = (data ?? {}) as { cursor?: unknown };
    if (typeof cursor === "number") this.seenCursor = Math.max(this.seenCursor, cursor);
  }

  sawMark(chatId: string, seq: number): void {
    this.marks.set(chatId, Math.max(this.marks.get(chatId) ?? 0, seq));
  }

  /** What it would have after a sync from this state, in pages of so many; its own stays as it is. */
  async synced(from: Replica, limit: number, over?: Socket): Promise<Replica> {
    const conversations = new Map(from.conversations);
    let page: string | number = "";
    for (;;) {
      const data: Synced = await this.#page({ since: from.cursor, limit, ...(page === "" ? {} : { page }) }, over);
      for (const changed of data.conversations) {
        if ("gone" in changed) conversations.delete(changed.conversation_id);
        else conversations.set(changed.conversation_id, changed);
      }
      if (!data.has_more) return { cursor: data.cursor, conversations };
      page = data.next;
    }
  }

  async #page(request: { since: number; limit: number; page?: string | number }, over?: Socket): Promise<Synced> {
    return over
      ? ok(await over.request<Synced>(1009, request))
      : ok(await this.person.rest.get<Synced>("/sync", request));
  }
}
