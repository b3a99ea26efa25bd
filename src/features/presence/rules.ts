import type { Connection } from "../../core/inbox.ts";
import { PLATFORM_NAMES, type Presence } from "../../protocol/account-model.ts";
import { KINDS } from "../../protocol/kinds.ts";

/** The presence of a user for a viewer. Without connections it is offline, whatever the reason. [PRES-1] */
export function presenceOf(userId: string, connections: readonly Connection[]): Presence {
  return {
    user_id: userId,
    status: connections.length > 0 ? 1 : 0,
    detail_platform_status: connections.map(({ platform_id, socket_id }) => ({
      platform_id,
      platform_name: PLATFORM_NAMES[platform_id] ?? "",
      conn_id: socket_id,
    })),
  };
}

/** The part of the connections whose change is told to others: the platforms, not the sockets. */
export function platformsOf(connections: readonly Connection[]): string {
  const platforms = new Set(connections.map((connection) => connection.platform_id));
  return [...platforms].sort((a, b) => a - b).join(",");
}

/** A request for a user's presence. It lists conversations of the viewer, to find one that both share. */
export interface PresenceCall {
  readonly viewer_id: string;
  readonly conversation_ids: readonly string[];
  /** One of these that the user is known to be in, even if their inbox does not know it yet. */
  readonly vouched?: string | undefined;
  /** Whether to tell the viewer of later changes. */
  readonly watch: boolean;
}

/** The users who joined a group, according to the notices among these messages. */
export function arrivals(lines: readonly string[]): string[] {
  // Most messages add no member, so they are not parsed.
  return lines.filter((line) => ARRIVAL.test(line)).flatMap((line) => arrivalsOf(JSON.parse(line)));
}

const BRINGERS = [...KINDS].filter(([, kind]) => kind.bringsMembers).map(([type]) => type);
/** This may also match inside a text. */
const ARRIVAL = new RegExp(`"msg_type":(?:${BRINGERS.join("|")}),`);

function arrivalsOf({ msg_type, content }: { msg_type: number; content: { user_ids?: string[] } }): string[] {
  return BRINGERS.includes(msg_type) ? (content.user_ids ?? []) : [];
}
