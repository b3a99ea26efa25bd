import * as z from "zod";
import { count, millis } from "./answer-fields.ts";
import * as answers from "./answers.ts";
import { Code } from "./codes.ts";
import { EVENT_TYPES } from "./events.ts";

/** Answers of the routes of webhook endpoints. Like answers.ts, no bundle contains this file. */

const hook = z
  .strictObject({
    hook_id: z.string(),
    url: z.string(),
    types: z.array(z.enum(EVENT_TYPES)).describe("empty for all"),
    batch: z.int().min(1).describe("the most events in one call"),
    disabled: z.string().describe('why it gets nothing; "" while it does'),
    created_at: millis,
  })
  .meta({ id: "Hook", description: "an endpoint that gets events" });
const secretHook = z
  .strictObject({ ...hook.shape, secret: z.string().describe("shown only now") })
  .meta({ id: "HookWithSecret" });
const posted = {
  status: count.describe("the HTTP status; 0 if there was no answer"),
  ms: count,
  detail: z.string().describe('why it failed; "" if it did not'),
};
const tested = z.strictObject({ ok: z.boolean(), ...posted }).meta({ id: "HookTest" });
const delivery = z
  .strictObject({
    at: millis,
    event_id: z.string().describe("the first event of the call"),
    event_type: z.string(),
    events: count,
    ...posted,
  })
  .meta({ id: "HookDelivery" });

export const HOOK_ANSWERS = {
  "POST /admin/hooks": {
    answer: secretHook,
    codes: [],
    summary: "Add an endpoint. Without a secret, one is made.",
    isNew: true,
  },
  "GET /admin/hooks": { answer: z.array(hook), codes: [], summary: "List the endpoints.", isNew: true },
  "PUT /admin/hooks/:hook_id": {
    answer: hook,
    codes: [Code.NOT_FOUND],
    summary: "Change an endpoint. `enabled` turns it off, or on again.",
    isNew: true,
  },
  "POST /admin/hooks/:hook_id/rotate": {
    answer: secretHook,
    codes: [Code.NOT_FOUND],
    summary: "Give an endpoint a new secret. For a day, calls are signed with both.",
    isNew: true,
  },
  "POST /admin/hooks/:hook_id/remove": {
    answer: answers.nothing,
    codes: [Code.NOT_FOUND],
    summary: "Remove an endpoint.",
    isNew: true,
  },
  "POST /admin/hooks/:hook_id/test": {
    answer: tested,
    codes: [Code.NOT_FOUND],
    summary: "Send an endpoint the event `hook.test` now, and answer what came of it.",
    isNew: true,
  },
  "GET /admin/hooks/:hook_id/log": {
    answer: z.array(delivery),
    codes: [Code.NOT_FOUND],
    summary: "List the last 100 calls of an endpoint, newest first.",
    isNew: true,
  },
} as const;
