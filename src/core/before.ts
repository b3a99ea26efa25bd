import { type Env, settingsOf } from "../env.ts";
import { detailOf, log } from "../log.ts";
import { checkContent } from "../protocol/content.ts";
import { LIMITS } from "../protocol/limits.ts";
import { isObject } from "../protocol/text.ts";
import type { NewMessage } from "./calls.ts";
import { assertOutgoing } from "./outgoing.ts";
import { signedHeaders } from "./signing.ts";

/** What the endpoint is asked about. */
type Question = "message.sending" | "group.joining" | "user.registering";

/** What the endpoint said. An answer that it did not give, or gave wrongly, is that of HOOK_BEFORE_FAIL. */
export type Verdict =
  | { readonly action: "allow" }
  | { readonly action: "deny"; readonly msg: string }
  | { readonly action: "modify"; readonly content: string };

const ALLOW: Verdict = { action: "allow" };
/** An answer has at most a content and a few words. */
const MAX_ANSWER_BYTES = 2 * LIMITS.contentBytes;
const MAX_REASON_CHARACTERS = 200;

/** Whether an endpoint is asked before something happens. */
export function asksBefore(env: Env): boolean {
  return settingsOf(env).HOOK_BEFORE_URL !== "";
}

/** Asks the endpoint before something happens. It does not throw. [HOOK-5] @param data JSON text */
export function ask(env: Env, type: Question, data: string): Promise<Verdict> {
  if (!asksBefore(env)) return Promise.resolve(ALLOW);
  return askWithin(env, type, data, 0, AbortSignal.timeout(settingsOf(env).HOOK_BEFORE_MS));
}

/**
 * Asks about messages of a user to one conversation, all within one deadline.
 * @returns them, denied ones marked, and others with the content that the endpoint gave
 */
export async function askAboutSends(
  env: Env,
  senderId: string,
  conversationId: string,
  sends: readonly NewMessage[],
): Promise<readonly NewMessage[]> {
  const deadline = AbortSignal.timeout(settingsOf(env).HOOK_BEFORE_MS);
  return await Promise.all(
    sends.map(async (send): Promise<NewMessage> => {
      const { client_msg_id, msg_type, content } = send;
      const about = { conversation_id: conversationId, sender_id: senderId, client_msg_id, msg_type };
      const verdict = await askAboutContent(env, about, content, deadline);
      if (verdict.action === "deny") return { ...send, denied: verdict.msg };
      return verdict.action === "modify" ? { ...send, content: verdict.content } : send;
    }),
  );
}

/** What the endpoint learns of a message besides its content. */
interface About {
  readonly conversation_id: string;
  readonly sender_id: string;
  readonly client_msg_id: string;
  readonly msg_type: number;
  /** The message that is edited; absent for a new one. */
  readonly seq?: number;
}

/** Asks about the content that a message is to have. It does not throw. [HOOK-5] @param content JSON text */
export function askAboutContent(
  env: Env,
  about: About,
  content: string,
  deadline = AbortSignal.timeout(settingsOf(env).HOOK_BEFORE_MS),
): Promise<Verdict> {
  // The content is JSON already, and keeps its digits.
  const data = `${JSON.stringify(about).slice(0, -1)},"content":${content}}`;
  return askWithin(env, "message.sending", data, about.msg_type, deadline);
}

async function askWithin(
  env: Env,
  type: Question,
  data: string,
  messageType: number,
  signal: AbortSignal,
): Promise<Verdict> {
  const { HOOK_BEFORE_URL, HOOK_BEFORE_SECRET = "", HOOK_BEFORE_FAIL, WEBHOOK_PRIVATE } = settingsOf(env);
  const now = Date.now();
  const id = `ask_${crypto.randomUUID()}`;
  const body = `{"id":"${id}","type":"${type}","timestamp":"${new Date(now).toISOString()}","data":${data}}`;
  try {
    const url = assertOutgoing("HOOK_BEFORE_URL", HOOK_BEFORE_URL, WEBHOOK_PRIVATE === "on");
    const headers = await signedHeaders([HOOK_BEFORE_SECRET], id, body, now);
    const response = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`HTTP ${response.status}`);
    }
    return verdictOf(await bounded(response), messageType);
  } catch (error) {
    log("warn", "before_failed", { type, detail: detailOf(error) });
    return HOOK_BEFORE_FAIL === "open" ? ALLOW : { action: "deny", msg: "the application cannot be asked, try again" };
  }
}

/** @throws Error for an answer that does not have the form */
function verdictOf(text: string, messageType: number): Verdict {
  const answer = JSON.parse(text);
  if (!isObject(answer)) throw new Error("the answer must be an object");
  const { action, msg, content } = answer;
  if (action === "allow") return ALLOW;
  if (action === "deny") {
    const reason = typeof msg === "string" && msg !== "" ? msg : "refused by the application";
    return { action, msg: [...reason].slice(0, MAX_REASON_CHARACTERS).join("").toWellFormed() };
  }
  if (action !== "modify" || messageType === 0 || !isObject(content)) throw new Error("the answer has no valid action");
  return { action, content: checkContent(messageType, content, { json: text, under: "top" }) };
}

/** @throws Error for an answer that is too long, without reading it to the end */
async function bounded(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.byteLength;
    if (length > MAX_ANSWER_BYTES) throw new Error(`the answer has more than ${MAX_ANSWER_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}
