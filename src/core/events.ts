import { withDeadline } from "../deadline.ts";
import { listHooks } from "../directory/hooks.ts";
import { type Env, settingsOf } from "../env.ts";
import { detailOf, log } from "../log.ts";
import { EVENT_TYPES, type EventType } from "../protocol/events.ts";
import { byteLength } from "../protocol/text.ts";

/** Something that happened, for the backend of an application. */
export interface AppEvent {
  /** Names the event for good: a receiver drops what it has. */
  readonly id: string;
  readonly type: EventType;
  /** JSON text. */
  readonly data: string;
}

/** The queue takes batches of 100 messages and 256 KB, and messages of 128 KB. */
const BATCH = { events: 100, bytes: 200_000 };
const PATIENCE = 10_000;

/** Whether events are handed to the queue at all. */
export function hasHooks(env: Env): boolean {
  return env.HOOKS !== undefined && settingsOf(env).WEBHOOKS === "on";
}

/** How long an isolate believes what it knows of the endpoints. */
const KNOWN_FOR = 60_000;

/**
 * The types that endpoints want, as each isolate knows them. Only values are shared: a promise of one object must not be
 * awaited in another, which may outlive it.
 */
const wanted = new WeakMap<Env, { readonly at: number; readonly types: ReadonlySet<string> }>();

/** Whether an endpoint may want events of a type; false if none did when this isolate last looked. */
export function mayWant(env: Env, type: EventType): boolean {
  const known = wanted.get(env);
  if (!known) return true;
  if (known.types.has(type) || isFresh(known)) return known.types.has(type);
  // Looks again for the next one who asks, and once a minute at most, even if D1 fails.
  wanted.set(env, { ...known, at: Date.now() });
  void readWanted(env).catch(() => undefined);
  return false;
}

/** Whether an endpoint wants events of a type, as of the last minute. @throws if D1 cannot be asked */
export async function wants(env: Env, type: EventType): Promise<boolean> {
  const known = wanted.get(env);
  return (known && isFresh(known) ? known.types : await readWanted(env)).has(type);
}

function isFresh({ at }: { readonly at: number }): boolean {
  return Math.abs(Date.now() - at) < KNOWN_FOR;
}

async function readWanted(env: Env): Promise<ReadonlySet<string>> {
  const hooks = (await listHooks(env.DB)).filter(({ disabled }) => disabled === "");
  // An endpoint that names no types wants all.
  const types = new Set<string>(hooks.flatMap((hook) => (hook.types === "" ? EVENT_TYPES : hook.types.split(","))));
  wanted.set(env, { at: Date.now(), types });
  return types;
}

/** The form in which endpoints get an event. */
function eventText({ id, type, data }: AppEvent): string {
  return `{"id":${JSON.stringify(id)},"type":"${type}","timestamp":"${new Date().toISOString()}","data":${data}}`;
}

/**
 * Hands events to the queue. Without hooks it does nothing.
 * @throws if the queue does not take them; some of them may be in it then
 */
export async function handOn(env: Env, events: readonly AppEvent[]): Promise<void> {
  const queue = env.HOOKS;
  if (!queue || !hasHooks(env)) return;
  await putAll(
    queue,
    events.map((event) => ({ body: eventText(event) })),
  );
}

/** A message for a queue. */
export interface QueueText {
  readonly body: string;
  /** How long the queue keeps it before it delivers it; 0 if absent. At most 43,200. */
  readonly delaySeconds?: number;
}

/** Puts messages into a queue, in as few calls as it allows. @throws if it does not take them; some may be in it then */
export async function putAll(queue: Queue<unknown>, messages: readonly QueueText[]): Promise<void> {
  for (const batch of batches(messages)) {
    // Not as JSON: the digits of numbers in a content would be lost.
    await withDeadline(queue.sendBatch(batch.map((message) => ({ ...message, contentType: "text" }))), PATIENCE);
  }
}

/** Hands on an event that nothing repeats if it fails. It is in the log then. */
export async function tell(env: Env, type: EventType, data: Readonly<Record<string, unknown>>): Promise<void> {
  if (!hasHooks(env)) return;
  try {
    await handOn(env, [{ id: `evt_${crypto.randomUUID()}`, type, data: JSON.stringify(data) }]);
  } catch (error) {
    log("error", "event_lost", { type, ...data, detail: detailOf(error) });
  }
}

function* batches(messages: readonly QueueText[]): Generator<readonly QueueText[]> {
  let batch: QueueText[] = [];
  let bytes = 0;
  for (const message of messages) {
    const length = byteLength(message.body);
    if (batch.length > 0 && (batch.length >= BATCH.events || bytes + length > BATCH.bytes)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(message);
    bytes += length;
  }
  if (batch.length > 0) yield batch;
}
