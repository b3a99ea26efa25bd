import { CALL_DEADLINE, withDeadline } from "../../deadline.ts";
import { declareCall } from "../call.ts";
import type { InboxRpc, Objects } from "../rpc.ts";
import type { Told } from "../told.ts";
import { NOTHING_KNOWN, type ReportedVersion } from "../version.ts";
import type { Packet } from "./policy.ts";

/**
 * A member's inbox brings its entry of a large group up to date. Returns an update as text, or null if it has everything.
 * @throws NexoError NO_PERMISSION
 */
export const CATCH_UP = declareCall<
  {
    readonly user_id: string;
    readonly mark: ReportedVersion;
    /** Whether the user has a socket: then the member attends from now on, else no longer. */
    readonly online: boolean;
    /** The newest message that the sockets have; absent if the inbox does not know. */
    readonly after?: number | undefined;
  },
  string | null
>("delivery.catch_up");

/** The paths of updates and relays on an Inbox's fetch. The Worker never forwards a client's request there. */
const PATHS = { update: "/tell", relay: "/relay" } as const;
const MARK_HEADER = "X-Nexo-Mark";
const ONLINE_HEADER = "X-Nexo-Online";

/** The kind of packet that a request to an Inbox brings; undefined if it is none. */
export function packetKindOf(request: Request): Packet["kind"] | undefined {
  const { pathname } = new URL(request.url);
  return pathname === PATHS.update ? "update" : pathname === PATHS.relay ? "relay" : undefined;
}

/** The answer to a packet by fetch. It is a header, because reading a body takes one more turn of the event loop. */
export function told({ seq, ver, rev, online }: Told): Response {
  const headers = {
    [MARK_HEADER]: [seq, ver, ...(rev === undefined ? [] : [rev])].join("."),
    ...(online !== undefined && { [ONLINE_HEADER]: String(online) }),
  };
  return new Response(null, { status: 204, headers });
}

/**
 * Calls the inboxes of a conversation's members.
 *
 * An RPC takes two thirds of the processor time of a fetch, but cannot be abandoned: a caller with an open RPC does not
 * hibernate, even if it disposes of the promise and the stub (docs/adr/0014-updates-by-rpc.md). So an inbox is called
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

  /** Sends an update or a relay to a user's inbox. @returns its answer @throws if there is none within 10 s */
  async call(userId: string, packet: Pick<Packet, "kind" | "text">): Promise<Told> {
    const inbox = this.#inboxes.getByName(userId);
    const isAnswering = this.#answering.delete(userId);
    const answer = await (isAnswering ? withDeadline(inbox[packet.kind](packet.text)) : callByFetch(inbox, packet));
    this.#answering.add(userId);
    return answer;
  }
}

/** Sends a packet in a way that can be abandoned. */
async function callByFetch(
  inbox: Pick<InboxRpc, "fetch">,
  { kind, text }: Pick<Packet, "kind" | "text">,
): Promise<Told> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), CALL_DEADLINE);
  try {
    const response = await inbox.fetch(`https://inbox${PATHS[kind]}`, {
      method: "POST",
      body: text,
      signal: controller.signal,
    });
    const mark = response.headers.get(MARK_HEADER);
    if (mark === null) throw new Error(`the inbox answered ${response.status}`);
    const online = response.headers.get(ONLINE_HEADER);
    const [seq = NOTHING_KNOWN.seq, ver = NOTHING_KNOWN.ver, rev] = mark.split(".").map(Number);
    return { seq, ver, ...(rev !== undefined && { rev }), ...(online !== null && { online: online === "true" }) };
  } finally {
    clearTimeout(timer);
  }
}
