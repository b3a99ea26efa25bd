import { CALL_DEADLINE, withDeadline } from "../../deadline.ts";
import type { InboxRpc, Objects } from "../rpc.ts";
import type { Version } from "../version.ts";

/** The path of an update on an Inbox's fetch. The Worker never forwards a client's request there. */
export const UPDATE_PATH = "/tell";
const MARK_HEADER = "X-Nexo-Mark";

/** The answer to an update by fetch. It is a header, because reading a body takes one more turn of the event loop. */
export function told({ seq, ver }: Version): Response {
  return new Response(null, { status: 204, headers: { [MARK_HEADER]: `${seq}.${ver}` } });
}

/**
 * Calls the inboxes of a conversation's members.
 *
 * An RPC takes two thirds of the processor time of a fetch, but cannot be abandoned: a caller with an open RPC does not
 * hibernate, even if it disposes of the promise and the stub (docs/adr/0012-updates-by-rpc.md). So an inbox is called
 * by RPC only once it has answered, and after a failure by fetch again. An inbox that hangs keeps the conversation awake
 * with at most one call.
 */
export class InboxCaller {
  readonly #inboxes: Objects<InboxRpc>;
  /** Inboxes whose last call was answered. At most one for each member that was told since the conversation woke. */
  readonly #answering = new Set<string>();

  constructor(inboxes: Objects<InboxRpc>) {
    this.#inboxes = inboxes;
  }

  /** Sends an update to a user's inbox. @returns the inbox's mark after it. @throws if it does not answer within 10 s */
  async update(userId: string, update: string): Promise<Version> {
    const inbox = this.#inboxes.getByName(userId);
    const isAnswering = this.#answering.delete(userId);
    const mark = await (isAnswering ? withDeadline(inbox.update(update)) : updateByFetch(inbox, update));
    this.#answering.add(userId);
    return mark;
  }
}

/** Sends an update in a way that can be abandoned. */
async function updateByFetch(inbox: Pick<InboxRpc, "fetch">, update: string): Promise<Version> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), CALL_DEADLINE);
  try {
    const response = await inbox.fetch(`https://inbox${UPDATE_PATH}`, {
      method: "POST",
      body: update,
      signal: controller.signal,
    });
    const [seq, ver] = response.headers.get(MARK_HEADER)?.split(".").map(Number) ?? [];
    if (seq === undefined || ver === undefined) throw new Error(`the inbox answered ${response.status}`);
    return { seq, ver };
  } finally {
    clearTimeout(timer);
  }
}
