import { Code, NexoError } from "../protocol/codes.ts";
import type { ContentSource } from "../protocol/content.ts";
import type { FrameData } from "../protocol/frame-answers.ts";
import {
  FRAMES,
  type FrameNumber,
  type FrameOn,
  type RequestData,
  readData,
  type SocketKind,
} from "../protocol/frame-requests.ts";
import type { Request } from "../protocol/frames.ts";
import type { RequestFrame } from "../protocol/parse.ts";
import { Json } from "./json.ts";

type Data<N extends FrameNumber> = FrameData<N> | Json;

/**
 * Answers a frame with valid data. `from` is what the object knows about the socket, `source` the JSON that the data
 * came in.
 */
type Handler<N extends FrameNumber, From> = (
  data: RequestData<N>,
  from: From,
  source: ContentSource,
) => Data<N> | Promise<Data<N>>;

/** A handler for every frame of a kind of socket, except the send: it is the hot path, and each object has its own. */
export type FrameHandlers<Kind extends SocketKind, From> = {
  readonly [N in Exclude<FrameOn<Kind>, typeof Request.SEND>]: Handler<N, From>;
};

/**
 * Answers a frame with its handler.
 * @returns the answer's data as JSON; a promise of it only if the handler returns one.
 * @throws NexoError INVALID_PROTOCOL for an unknown frame, INVALID_PARAMETER for a frame of the other kind of socket
 */
export function handleFrame<Numbers extends FrameNumber, From>(
  handlers: { readonly [N in Numbers]: Handler<N, From> },
  frame: RequestFrame,
  from: From,
): string | Promise<string> {
  const number = frame.req_identifier;
  if (isIn(handlers, number)) return handleBy(handlers, number, frame, from);
  if (number in FRAMES)
    throw new NexoError(Code.INVALID_PARAMETER, "req_identifier: send this frame on the user's socket");
  throw unknownFrame(number);
}

/** The error of a frame that clients do not send. */
export function unknownFrame(number: number): NexoError {
  return new NexoError(Code.INVALID_PROTOCOL, `req_identifier: ${number} is unknown`);
}

function isIn<Numbers extends FrameNumber>(
  handlers: Readonly<Record<Numbers, unknown>>,
  number: number,
): number is Numbers {
  return number in handlers;
}

function handleBy<N extends FrameNumber, From>(
  handlers: { readonly [Key in N]: Handler<Key, From> },
  number: N,
  { data, source }: RequestFrame,
  from: From,
): string | Promise<string> {
  const answer = handlers[number](readData(number, data), from, source);
  return answer instanceof Promise ? answer.then(textOf) : textOf(answer);
}

function textOf(data: unknown): string {
  return data instanceof Json ? String(data) : JSON.stringify(data);
}
