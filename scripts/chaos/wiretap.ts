import type { SocketClass } from "../../src/client/index.ts";
import { type Frame, Tap } from "../../test/helpers/node/tap.ts";

const send = 1003;

/** Observes all sockets of one SDK, and follows the cursor in the server's frames. */
export class Wiretap {
  /** The highest cursor in any frame. */
  cursor = 0;
  /** The answer to the last heartbeat. */
  pong = "";
  /** Frames on a user's socket that did not begin where the one before them ended. */
  readonly broken: string[] = [];
  /** Sends that were answered, by the kind of socket. */
  readonly sends = new Map<string, number>();
  readonly WebSocket: SocketClass;

  constructor() {
    const readerOf = (url: string) => this.#readerOf(url);
    this.WebSocket = class extends Tap {
      constructor(url: string, protocols: string[]) {
        super(url, protocols, { arrived: readerOf(url) });
      }
    };
  }

  #readerOf(url: string): (arrival: Frame | string) => void {
    const isUsers = !url.includes("conversation_id=");
    const kind = isUsers ? "user's socket" : "conversation's socket";
    const follow = this.#follower();
    return (arrival) => {
      if (typeof arrival === "string") this.pong = isUsers ? arrival : this.pong;
      else if (isUsers) follow(arrival);
      if (typeof arrival === "string" || arrival.req_identifier !== send || arrival.err_code !== 0) return;
      this.sends.set(kind, (this.sends.get(kind) ?? 0) + 1);
    };
  }

  /** Follows the cursor over the frames of one socket. */
  #follower(): (frame: Frame) => void {
    let own: number | undefined;
    return ({ data, raw }) => {
      const { prev, cursor } = (data ?? {}) as { prev?: number; cursor?: number };
      if (cursor === undefined) return;
      this.cursor = Math.max(this.cursor, cursor);
      own ??= prev ?? cursor;
      // A sync's answer has no prev: it gives the current cursor, and the frames up to that cursor came before it.
      // A frame may skip numbers. [SYNC-1]
      const goesOn = prev === undefined ? cursor <= own : prev === own && cursor >= own;
      if (!goesOn) this.broken.push(`after cursor ${own} came ${prev} to ${cursor}: ${raw}`);
      own = Math.max(own, cursor);
    };
  }
}
