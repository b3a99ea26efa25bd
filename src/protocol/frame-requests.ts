import type { z } from "zod";
import { changesData, editBody, pinBody, reactBody, seqsBody } from "./amend.ts";
import {
  conversationIdQuery,
  markReadBody,
  newestSeqsData,
  pullListData,
  pullRangeData,
  sendBody,
  syncData,
  typingData,
  userIdsBody,
} from "./bodies.ts";
import { Request } from "./frames.ts";
import { parseData } from "./parse.ts";
import { backgroundData } from "./push.ts";

/** The user's socket, or a conversation's socket. */
export type SocketKind = "user" | "conversation";

/** The `data` of a frame, and the sockets on which it is answered. */
export interface FrameInput {
  readonly name: string;
  readonly data: z.ZodType;
  readonly sockets: readonly SocketKind[];
  /** It changes messages, and takes from the budget of operations. */
  readonly isOperation?: true;
}

const BOTH = ["user", "conversation"] as const;
const USER = ["user"] as const;

/**
 * Every frame that clients send, by req_identifier. Its answer is in frame-answers.ts under the same key; it is in a
 * file of its own so that no bundle contains it.
 */
export const FRAMES = {
  [Request.NEWEST_SEQS]: { name: "newest seqs", data: newestSeqsData, sockets: BOTH },
  [Request.PULL_LIST]: { name: "pull by list", data: pullListData, sockets: BOTH },
  [Request.SEND]: { name: "send", data: sendBody, sockets: BOTH },
  [Request.PULL_RANGE]: { name: "pull range", data: pullRangeData, sockets: BOTH },
  [Request.READ_STATE]: { name: "read state", data: conversationIdQuery, sockets: BOTH },
  [Request.MARK_READ]: { name: "mark read", data: markReadBody, sockets: BOTH },
  [Request.TYPING]: { name: "typing", data: typingData, sockets: BOTH },
  [Request.SYNC]: { name: "sync", data: syncData, sockets: USER },
  [Request.PRESENCE]: { name: "presence", data: userIdsBody, sockets: USER },
  [Request.CHANGES]: { name: "changes", data: changesData, sockets: BOTH },
  [Request.EDIT]: { name: "edit", data: editBody, sockets: BOTH, isOperation: true },
  [Request.RECALL]: { name: "recall", data: seqsBody, sockets: BOTH, isOperation: true },
  [Request.DELETE]: { name: "delete for me", data: seqsBody, sockets: BOTH, isOperation: true },
  [Request.REACT]: { name: "react", data: reactBody, sockets: BOTH, isOperation: true },
  [Request.PIN]: { name: "pin", data: pinBody, sockets: BOTH, isOperation: true },
  [Request.BACKGROUND]: { name: "background", data: backgroundData, sockets: USER },
} as const satisfies Readonly<Record<(typeof Request)[keyof typeof Request], FrameInput>>;

/** The req_identifier of a frame that clients send. */
export type FrameNumber = keyof typeof FRAMES;
/** The frames that a kind of socket answers. */
export type FrameOn<K extends SocketKind> = {
  [N in FrameNumber]: K extends (typeof FRAMES)[N]["sockets"][number] ? N : never;
}[FrameNumber];

/** The `data` of a frame after validation. */
export type RequestData<N extends FrameNumber> = z.output<(typeof FRAMES)[N]["data"]>;

const SCHEMAS: { readonly [N in FrameNumber]: { readonly data: z.ZodType<RequestData<N>> } } = FRAMES;

/** Reads the data of a frame. @throws NexoError INVALID_PARAMETER, naming the field */
export function readData<N extends FrameNumber>(number: N, data: unknown): RequestData<N> {
  const schema: z.ZodType<RequestData<N>> = SCHEMAS[number].data;
  return parseData(schema, data);
}
