import { CALL_DEADLINE } from "../../deadline.ts";
import type { Version } from "../version.ts";

/** The path of an update on an Inbox's fetch. The Worker never forwards a client's request there. */
export const UPDATE_PATH = "/tell";
const MARK_HEADER = "X-Nexo-Mark";

/** The answer to an update. It is a header, because reading a body takes one more turn of the event loop. */
export function told({ seq, ver }: Version): Response {
  return new Response(null, { status: 204, headers: { [MARK_HEADER]: `${seq}.${ver}` } });
}

/**
 * Sends an update to an inbox and returns the inbox's mark after it. By fetch and not by RPC: only a fetch can be
 * abandoned, and a caller with an open RPC does not hibernate.
 */
export async function updateInbox(
  inbox: { fetch(input: string, init: RequestInit): Promise<Response> },
  update: string,
): Promise<Version> {
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
