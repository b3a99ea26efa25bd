import { putAll, type QueueText } from "../../core/events.ts";
import { disableHook, type HookLogRow, type HookRow, insertDeliveries, listHooks } from "../../directory/hooks.ts";
import type { Env } from "../../env.ts";
import { detailOf, log } from "../../log.ts";
import { type Posted, post } from "./post.ts";

/** A message of the queue: an event for every endpoint, or one that an endpoint has not taken yet. */
interface Item {
  readonly event: string;
  readonly id: string;
  readonly type: string;
  /** The endpoint to try again; undefined for a new event. */
  readonly hookId: string | undefined;
  /** How often that endpoint did not take it. */
  readonly attempts: number;
}

/** Seconds between the attempts: together three days. The queue delays a message by at most 12 hours. */
const PAUSES = [5, 60, 300, 1_800, 3_600, 7_200, 18_000, 36_000, 43_200, 43_200, 43_200, 43_200] as const;
/** How long one batch calls an endpoint. The platform ends a consumer after 15 minutes. */
const TURN = 60_000;
const GONE = 410;

/**
 * Posts a batch of events to the endpoints. What an endpoint does not take goes back into the queue for that endpoint
 * alone, so that no other endpoint gets it twice. After the last attempt it goes to the queue of dead letters. [HOOK-3]
 */
export async function deliverEvents(batch: MessageBatch<unknown>, env: Env): Promise<void> {
  const hooks = (await listHooks(env.DB)).filter(({ disabled }) => disabled === "");
  const items = batch.messages.flatMap(({ body }) => itemOf(body) ?? []);
  const entries: Omit<HookLogRow, "id">[] = [];
  const left = await Promise.all(hooks.map((hook) => deliverTo(env, hook, items, (entry) => entries.push(entry))));
  // If this fails, the whole batch is repeated: endpoints drop events that they know by their ids.
  await putBack(env, left.flat());
  await insertDeliveries(env.DB, entries).catch((error) => {
    log("warn", "hook_log_failed", { detail: detailOf(error) });
  });
}

/** @returns what this endpoint has not taken */
async function deliverTo(
  env: Env,
  hook: HookRow,
  items: readonly Item[],
  record: (entry: Omit<HookLogRow, "id">) => void,
): Promise<Item[]> {
  const types = new Set(hook.types.split(",").filter((type) => type !== ""));
  const wanted = items.filter(({ hookId, type }) =>
    hookId === undefined ? types.size === 0 || types.has(type) : hookId === hook.hook_id,
  );
  const started = Date.now();
  const rest = (at: number, failures: number) =>
    wanted.slice(at).map((item) => ({ ...item, hookId: hook.hook_id, attempts: item.attempts + failures }));
  for (let at = 0; at < wanted.length; at += hook.batch) {
    // A slow endpoint gets the rest in another batch, so that it does not hold up the others' events, either.
    if (Date.now() - started > TURN) return rest(at, 0);
    const part = wanted.slice(at, at + hook.batch);
    const [first] = part;
    if (!first) break;
    const posted = await post(
      env,
      hook,
      first.id,
      part.map(({ event }) => event),
    );
    record(entryOf(hook, first, part.length, posted));
    if (posted.ok) continue;
    log("warn", "hook_failed", { hook: hook.hook_id, event: first.id, status: posted.status, detail: posted.detail });
    if (posted.status === GONE) {
      await disableHook(env.DB, hook, "the endpoint answered 410");
      return [];
    }
    // An endpoint that fails is not tried with the rest now: one that hangs would hold up the others' events.
    return rest(at, 1);
  }
  return [];
}

function entryOf(hook: HookRow, { id, type }: Item, events: number, posted: Posted): Omit<HookLogRow, "id"> {
  const { status, ms, detail } = posted;
  return { hook_id: hook.hook_id, at: Date.now(), event_id: id, event_type: type, events, status, ms, detail };
}

/** Puts events back for a later attempt, or among the dead letters. @throws if a queue does not take them */
async function putBack({ HOOKS, HOOKS_DEAD }: Env, left: readonly Item[]): Promise<void> {
  const later: QueueText[] = [];
  const dead: QueueText[] = [];
  for (const { event, id, hookId, attempts } of left) {
    const body = `${JSON.stringify({ hook_id: hookId, attempts })}\n${event}`;
    const delaySeconds = attempts === 0 ? 0 : PAUSES[attempts - 1];
    if (delaySeconds !== undefined) {
      later.push({ body, delaySeconds });
      continue;
    }
    log("error", "hook_gave_up", { hook: hookId, event: id });
    dead.push({ body });
  }
  if (HOOKS) await putAll(HOOKS, later);
  if (HOOKS_DEAD) await putAll(HOOKS_DEAD, dead);
}

/** Reads a message of the queue. One that cannot be read would be repeated for ever, so it is logged and dropped. */
function itemOf(body: unknown): Item | undefined {
  try {
    const lines = String(body).split("\n");
    const event = lines.at(-1) ?? "";
    const { id, type } = JSON.parse(event);
    const { hook_id, attempts = 0 } = lines.length > 1 ? JSON.parse(lines[0] ?? "") : {};
    return { event, id: String(id), type: String(type), hookId: hook_id, attempts: Number(attempts) };
  } catch (error) {
    log("error", "event_unreadable", { detail: detailOf(error) });
    return undefined;
  }
}
