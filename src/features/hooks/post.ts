import { assertOutgoing } from "../../core/outgoing.ts";
import { signedHeaders } from "../../core/signing.ts";
import { type HookRow, secretsOf } from "../../directory/hooks.ts";
import { type Env, settingsOf } from "../../env.ts";

/** How long an endpoint may take. The scheme recommends 15 to 30 s. */
const PATIENCE = 15_000;
const MAX_DETAIL = 200;

/** What became of a call. */
export interface Posted {
  readonly ok: boolean;
  /** The HTTP status; 0 if there was no answer. */
  readonly status: number;
  readonly ms: number;
  /** Why it failed; "" if it did not. */
  readonly detail: string;
}

/**
 * Posts events to an endpoint. An endpoint that takes one at a time gets the event itself, others
 * `{"type":"batch","events":[…]}`. It does not throw. [HOOK-2] [HOOK-3]
 * @param id the id of the first event
 */
export async function post(env: Env, hook: HookRow, id: string, events: readonly string[]): Promise<Posted> {
  const body = hook.batch === 1 ? (events[0] ?? "") : `{"type":"batch","events":[${events.join(",")}]}`;
  const started = Date.now();
  const posted = (status: number, detail: string): Posted => ({
    ok: detail === "",
    status,
    ms: Date.now() - started,
    detail: detail.slice(0, MAX_DETAIL),
  });
  try {
    // Checked again, because the rules may be stricter than when the address was given.
    const url = assertOutgoing("url", hook.url, settingsOf(env).WEBHOOK_PRIVATE === "on");
    const headers = await signedHeaders(secretsOf(hook, started), id, body, started);
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
    // What it says is of no interest, however long it is.
    await response.body?.cancel();
    const { status } = response;
    if (status >= 200 && status < 300) return posted(status, "");
    return posted(status, status >= 300 && status < 400 ? "redirects are not followed" : `HTTP ${status}`);
  } catch (error) {
    return posted(0, error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }
}
