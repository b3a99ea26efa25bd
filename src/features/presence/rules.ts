import type { Connection } from "../../core/inbox.ts";
import { KINDS } from "../../protocol/kinds.ts";
import { PLATFORM_NAMES, type Presence } from "../../protocol/model.ts";

/** How a user looks to somebody; without connections they look offline, whatever the reason. [PRES-1] */
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

/** What of the connections others are told of a change of: which platforms, not which sockets. */
export function platformsOf(connections: readonly Connection[]): string {
  const platforms = new Set(connections.map((connection) => connection.platform_id));
  return [...platforms].sort((a, b) => a - b).join(",");
}

/** How somebody asks for a user's presence: by conversations of theirs, to look for one that both share. */
export interface PresenceCall {
  readonly viewer_id: string;
  readonly conversation_ids: readonly string[];
  /** One of these of which it is known that the user is in it, though their inbox may not have heard of it yet. */
  readonly vouched?: string | undefined;
  /** Whether to go on telling the viewer of changes. */
  readonly watch: boolean;
}

/** Who came into a group by these messages, of which its notices tell. */
export function arrivals(lines: readonly string[]): string[] {
  // Most bring nobody, and are not worth parsing.
  return lines.filter((line) => ARRIVAL.test(line)).flatMap((line) => arrivalsOf(JSON.parse(line)));
}

const BRINGERS = [...KINDS].filter(([, kind]) => kind.bringsMembers).map(([type]) => type);
/** May match inside of a text, too. */
const ARRIVAL = new RegExp(`"msg_type":(?:${BRINGERS.join("|")}),`);

function arrivalsOf({ msg_type, content }: { msg_type: number; content: { user_ids?: string[] } }): string[] {
  return BRINGERS.includes(msg_type) ? (content.user_ids ?? []) : [];
}
