import { assertOutgoing } from "../../core/outgoing.ts";
import { isSecret, newSecret } from "../../core/signing.ts";
import {
  deleteHook,
  findHook,
  type HookRow,
  insertDeliveries,
  insertHook,
  listDeliveries,
  listHooks,
  updateHook,
} from "../../directory/hooks.ts";
import { settingsOf } from "../../env.ts";
import type { Handlers } from "../../middleware/route.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { EVENT_TYPES } from "../../protocol/events.ts";
import { randomId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { post } from "./post.ts";

type Keys = Extract<keyof Handlers, `${string} /admin/hooks${string}`>;

/** How long the secret before the newest still signs, too. */
const ROTATION = 86_400_000;

/** Endpoints that get events, and what became of the last calls. */
export const hookRoutes: Pick<Handlers, Keys> = {
  "POST /admin/hooks": async ({ body: { url, types = [], secret, batch = 1 } }, c) => {
    assertOutgoing("url", url, settingsOf(c.env).WEBHOOK_PRIVATE === "on");
    const hook: HookRow = {
      hook_id: randomId(),
      url,
      types: types.join(","),
      batch,
      secret: givenSecret(secret),
      previous_secret: "",
      previous_until: 0,
      disabled: "",
      created_at: Date.now(),
    };
    if (!(await insertHook(c.env.DB, hook, LIMITS.hooks))) {
      throw new NexoError(Code.INVALID_PARAMETER, `at most ${LIMITS.hooks} endpoints`);
    }
    return { ...viewOf(hook), secret: hook.secret };
  },

  "GET /admin/hooks": async (_, c) => (await listHooks(c.env.DB)).map(viewOf),

  "PUT /admin/hooks/:hook_id": async ({ params: { hook_id }, body: { url, types, batch, enabled } }, c) => {
    if (url !== undefined) assertOutgoing("url", url, settingsOf(c.env).WEBHOOK_PRIVATE === "on");
    const changes = {
      ...(url !== undefined && { url }),
      ...(types !== undefined && { types: types.join(",") }),
      ...(batch !== undefined && { batch }),
      ...(enabled !== undefined && { disabled: enabled ? "" : "by the operator" }),
    };
    const isEmpty = Object.keys(changes).length === 0;
    return viewOf(existing(await (isEmpty ? findHook(c.env.DB, hook_id) : updateHook(c.env.DB, hook_id, changes))));
  },

  "POST /admin/hooks/:hook_id/rotate": async ({ params: { hook_id }, body }, c) => {
    const { secret: previous_secret } = existing(await findHook(c.env.DB, hook_id));
    const secret = givenSecret(body.secret);
    const rotation = { secret, previous_secret, previous_until: Date.now() + ROTATION };
    return { ...viewOf(existing(await updateHook(c.env.DB, hook_id, rotation))), secret };
  },

  "POST /admin/hooks/:hook_id/remove": async ({ params: { hook_id } }, c) => {
    if (!(await deleteHook(c.env.DB, hook_id))) throw new NexoError(Code.NOT_FOUND);
    return null;
  },

  "POST /admin/hooks/:hook_id/test": async ({ params: { hook_id } }, c) => {
    const hook = existing(await findHook(c.env.DB, hook_id));
    const id = `evt_${crypto.randomUUID()}`;
    const event = { id, type: "hook.test", timestamp: new Date().toISOString(), data: { hook_id } };
    const { ok, status, ms, detail } = await post(c.env, hook, id, [JSON.stringify(event)]);
    const entry = { hook_id, at: Date.now(), event_id: id, event_type: event.type, events: 1, status, ms, detail };
    await insertDeliveries(c.env.DB, [entry]);
    return { ok, status, ms, detail };
  },

  "GET /admin/hooks/:hook_id/log": async ({ params: { hook_id } }, c) => {
    existing(await findHook(c.env.DB, hook_id));
    return (await listDeliveries(c.env.DB, hook_id)).map(({ id: _, hook_id: __, ...delivery }) => delivery);
  },
};

/** An endpoint without its secrets. */
function viewOf({ hook_id, url, types, batch, disabled, created_at }: HookRow) {
  const named = new Set(types.split(","));
  return { hook_id, url, types: EVENT_TYPES.filter((type) => named.has(type)), batch, disabled, created_at };
}

/** @throws NexoError INVALID_PARAMETER */
function givenSecret(secret: string | undefined): string {
  if (secret === undefined) return newSecret();
  if (isSecret(secret)) return secret;
  throw new NexoError(Code.INVALID_PARAMETER, "secret: must be whsec_ and base64 of 24 to 64 bytes");
}

/** @throws NexoError NOT_FOUND */
function existing(hook: HookRow | undefined): HookRow {
  if (!hook) throw new NexoError(Code.NOT_FOUND, "there is no such endpoint");
  return hook;
}
