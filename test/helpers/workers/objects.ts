import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import type { Conversation } from "../../../src/conversation/conversation.ts";
import type { Inbox } from "../../../src/inbox/inbox.ts";
import type { Person } from "./people.ts";

type Stub = DurableObjectStub<Conversation> | DurableObjectStub<Inbox>;

// Not with getByName, as the code does: calls of tests must not be counted as calls of the code.
export const roomOf = (conversationId: string) => env.CONVERSATION.get(env.CONVERSATION.idFromName(conversationId));
export const inboxOf = (person: { id: string }) => env.INBOX.get(env.INBOX.idFromName(person.id));

/** Runs code in an object, with its live instance. */
export function inside<T>(
  stub: Stub,
  work: (instance: Conversation | Inbox, state: DurableObjectState) => T | Promise<T>,
): Promise<T> {
  return runInDurableObject(stub as DurableObjectStub<Inbox>, work);
}

/** Rows of an object's own database. */
export function rows<T extends Record<string, SqlStorageValue>>(stub: Stub, query: string): Promise<T[]> {
  return inside(stub, (_, { storage }) => storage.sql.exec<T>(query).toArray());
}

/** Names of an object's own tables. Those of the platform begin with an underscore. */
export async function tablesOf(stub: Stub): Promise<string[]> {
  const tables = await rows<{ name: string }>(stub, "SELECT name FROM sqlite_master WHERE type = 'table'");
  return tables.map(({ name }) => name).filter((name) => !name.startsWith("_"));
}

/** The time of the object's alarm; null if none is set. */
export function alarmOf(stub: Stub): Promise<number | null> {
  return inside(stub, (_, { storage }) => storage.getAlarm());
}

/** Rings the alarm now. @returns false if none was set */
export const ring = (stub: Stub): Promise<boolean> => runDurableObjectAlarm(stub as DurableObjectStub<Inbox>);

/** Waits until an expectation is met. */
export function eventually<T>(holds: () => T | Promise<T>, timeout = 4_000): Promise<T> {
  return vi.waitFor(holds, { timeout, interval: 10 });
}

/** Expects each idle inbox to show what its conversation knows: newest seq, mark and unread. [TELL-1] */
export async function expectAgreement(conversationId: string, people: readonly Person[]): Promise<void> {
  for (const person of people) {
    const entry = (await person.list()).find((one) => one.conversation_id === conversationId);
    const { max_seq, read_seq, unread_count } = await person.readState(conversationId);
    expect(entry, `${person.id}'s entry`).toMatchObject({ max_seq, read_seq, unread_count });
    const visible = (await person.pull(conversationId, { order: "desc", limit: 1 })).messages[0];
    expect(entry?.last_message?.seq).toBe(visible?.seq);
  }
}

/** Counts the starts of all objects from now on: each start reads the object's sockets once. */
export async function countStarts(): Promise<() => number> {
  const prototype: DurableObjectState = await inside(roomOf("sg_nowhere"), (_, state) => Object.getPrototypeOf(state));
  const spy = vi.spyOn(prototype, "getWebSockets");
  return () => spy.mock.calls.length;
}

/**
 * Passes frames to the only socket of an object, all at once, as from a socket's buffer. The harness would pass them
 * one by one, with pauses.
 */
export function deliver(stub: Stub, frames: readonly string[]): Promise<unknown> {
  return inside(stub, async (object, state) => {
    const [server] = state.getWebSockets();
    if (!server) throw new Error("the socket is closed");
    await Promise.all(frames.map((frame) => object.webSocketMessage(server, frame)));
  });
}

/** Makes frames of sends, whose answers have the ids `<prefix>0`, `<prefix>1`… */
export function sendFrames(prefix: string, bodies: readonly unknown[]): string[] {
  return bodies.map((data, at) => JSON.stringify({ req_identifier: 1003, msg_incr: `${prefix}${at}`, data }));
}
