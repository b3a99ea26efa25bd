import { Json } from "../durable/json.ts";
import { type Call, declareCall, type Operation } from "./call.ts";
import type { OperateCall } from "./calls.ts";
import {
  type Asker,
  assertHere,
  type ConversationContext,
  handleOperation,
  type OperationHandler,
} from "./conversation.ts";
import type { InboxContext } from "./inbox.ts";
import type { Operated } from "./log/operated.ts";
import { chargeOperation } from "./rates/charges.ts";
import { Cost } from "./rates/costs.ts";
import { type Handler, handle, handleRequest, type RequestHandler } from "./rpc.ts";

/** What the input of an operation on messages names. */
interface Where {
  readonly conversation_id: string;
}

/**
 * An operation on messages that exist. It has the same way as other changes of a conversation: over HTTP and a user's
 * socket through the inbox, over a conversation's socket directly. It answers JSON, to which the inbox adds the step of
 * its cursor.
 */
export interface MessageOperation<Input extends Where> {
  readonly operation: Operation<Input>;
  /** The user's request to their inbox. It answers what the route answers, as JSON. */
  readonly request: Call<Input, string>;
  /** A call to the conversation in a user's name, or in that of `system`, by the backend of an application. */
  readonly ofBackend: Call<{ readonly user_id: string; readonly input: Input }, string>;
  /** What it takes from the budget of operations. [OPS-9] */
  readonly weight: (input: Input) => number;
  /** Whether it makes a notice, which counts as a send. */
  readonly makesNotice: (input: Input) => boolean;
  /** Whether its answer has prev and cursor. */
  readonly hasStep: boolean;
}

/** Declares an operation on messages. @param name unique, as `feature.verb` */
export function declareMessageOperation<Input extends Where>(
  name: string,
  {
    weight = () => 1,
    makesNotice = () => false,
    hasStep = true,
  }: Partial<Omit<MessageOperation<Input>, "request" | "ofBackend">> = {},
): MessageOperation<Input> {
  const ofBackend = declareCall<{ readonly user_id: string; readonly input: Input }, string>(`${name}_as`);
  return { operation: declareCall(name), request: declareCall(name), ofBackend, weight, makesNotice, hasStep };
}

/** The weight of an operation on several messages. */
export function weightOf({ seqs }: { readonly seqs: readonly number[] }): number {
  return Math.ceil(seqs.length / 10);
}

/** Runs an operation for the user of an inbox. @param asker the user's socket that asked, if any */
export async function operateFromInbox<Input extends Where>(
  { outbound, rates }: InboxContext,
  operation: MessageOperation<Input>,
  input: Input,
  asker: WebSocket | null = null,
): Promise<Json> {
  const charge = () => chargeOperation(rates, operation.weight(input), operation.makesNotice(input));
  const { conversation_id: id } = input;
  // Without a step in the answer, the socket takes that of the pushes: the reply may bring what the inbox missed.
  const origins = { asker: operation.hasStep ? asker : null, charge };
  const { answer = "{}", prev, cursor } = await outbound.operate(id, operation.operation, input, origins);
  return operation.hasStep ? withStep(answer, prev, cursor) : new Json(answer);
}

/** Handles the requests of HTTP for an operation. */
export function operationRequest<Input extends Where>(
  context: InboxContext,
  operation: MessageOperation<Input>,
): RequestHandler {
  const run = async (input: Input) => String(await operateFromInbox(context, operation, input));
  return handleRequest(operation.request, Cost.ASKS, run);
}

/** The user of an operation on messages, and what their rate allows. */
export type MessageCall = Pick<OperateCall, "user_id" | "allowance" | "retry_after">;

/** The work behind an operation on messages. See OperationHandler */
type Run<Input, Prepared> = (input: Input, call: MessageCall, prepared: Prepared | undefined) => Operated;
type Prepare<Input, Prepared> = (input: Input, call: MessageCall) => Promise<Prepared | undefined>;

/** Handles an operation in a Conversation. @param run see OperationHandler @param prepare the same */
export function messageOperation<Input extends Where, Prepared>(
  operation: MessageOperation<Input>,
  run: Run<Input, Prepared>,
  prepare?: Prepare<Input, Prepared>,
): OperationHandler {
  return handleOperation(operation.operation, run, prepare);
}

/** Runs an operation for a frame of the conversation's own socket. @param prepare as in messageOperation */
export async function operateHere<Input extends Where, Prepared>(
  { conversation, change, reach, flush }: ConversationContext,
  operation: MessageOperation<Input>,
  run: Run<Input, Prepared>,
  { input, asker }: { readonly input: Input; readonly asker: Asker },
  prepare?: Prepare<Input, Prepared>,
): Promise<Json> {
  assertHere(conversation, input.conversation_id);
  const { socket, userId: user_id } = asker;
  const charge = asker.charge(operation.weight(input), operation.makesNotice(input));
  let spent = 0;
  try {
    const { allowance, retry_after } = charge;
    const call = { user_id, allowance, retry_after };
    const prepared = prepare ? await prepare(input, call) : undefined;
    // Sends may have arrived while this waited for others.
    if (prepare) flush();
    const operated = change(user_id, socket, () => run(input, call, prepared));
    spent = operated.spent ?? 0;
    // The user's own list shows it before the answer is sent.
    if (isListed(operation, input, operated)) await reach(user_id);
    const answer = operated.answer ?? "{}";
    // The inbox is not asked, so the cursor is unknown here. 0 means that the client keeps its own cursor.
    return operation.hasStep ? withStep(answer, 0, 0) : new Json(answer);
  } finally {
    charge.settle({ spent, results: [] });
  }
}

/**
 * Handles an operation that the backend of an application makes. It takes nothing from the budgets of the user, and the
 * application is not asked about what it does itself.
 */
export function operationOfBackend<Input extends Where>(
  { change, reach, flush }: ConversationContext,
  operation: MessageOperation<Input>,
  run: Run<Input, never>,
): Handler {
  return handle(operation.ofBackend, async ({ user_id, input }) => {
    flush();
    const operated = change(user_id, null, () => run(input, { user_id, allowance: 1 }, undefined));
    if (isListed(operation, input, operated)) await reach(user_id);
    return operated.answer ?? "{}";
  });
}

/** Whether the user's own list shows what an operation did. */
function isListed<Input extends Where>(operation: MessageOperation<Input>, input: Input, { change }: Operated) {
  return change && (change.told !== "quiet" || operation.makesNotice(input));
}

function withStep(answer: string, prev: number, cursor: number): Json {
  return new Json(`${answer.slice(0, -1)},"prev":${prev},"cursor":${cursor}}`);
}
