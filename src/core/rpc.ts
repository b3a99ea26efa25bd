import { withDeadline } from "../deadline.ts";
import { type Outcome, unwrapped } from "../durable/outcome.ts";
import type { Login } from "../durable/upgrade.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import { type Call, declareCall } from "./call.ts";
import type { AppendCall, AppendReply, OperateCall, OperateReply } from "./calls.ts";
import type { Told } from "./told.ts";
import type { ReportedVersion } from "./version.ts";

/** The work behind a call. */
export interface Handler {
  readonly name: string;
  readonly run: (input: unknown) => unknown;
}

/** Handles a call. @param run may throw a NexoError, which is returned to the caller */
export function handle<Input, Output>(
  call: Call<Input, Output>,
  run: (input: Input) => Output | Promise<Output>,
): Handler {
  // The type of `call` has checked the input on the caller's side.
  return { name: call.name, run: run as Handler["run"] };
}

/** The work behind a request from a user to their own inbox. */
export interface RequestHandler {
  readonly name: string;
  /** The points that it takes from the user's request budget. [RATE-3] */
  readonly cost: (input: unknown) => number;
  readonly run: (input: unknown, login: Login) => unknown;
}

/** Handles a request. @param cost in points of the request budget, by the work that the request causes */
export function handleRequest<Input, Output>(
  call: Call<Input, Output>,
  cost: number | ((input: Input) => number),
  run: (input: Input, login: Login) => Output | Promise<Output>,
): RequestHandler {
  const costOf = typeof cost === "number" ? () => cost : (cost as (input: unknown) => number);
  return { name: call.name, cost: costOf, run: run as RequestHandler["run"] };
}

/** @throws NexoError SHUTTING_DOWN for a call that only another release knows: a retry reaches that release */
export function named<T extends { readonly name: string }>(handlers: ReadonlyMap<string, T>, name: string): T {
  const handler = handlers.get(name);
  if (!handler) throw new NexoError(Code.SHUTTING_DOWN);
  return handler;
}

/** Handlers by their names. @throws Error if two have the same name: the first would never be called */
export function byName<T extends { readonly name: string }>(handlers: readonly T[]): ReadonlyMap<string, T> {
  const byNames = new Map(handlers.map((handler) => [handler.name, handler]));
  if (byNames.size < handlers.length) throw new Error(`two calls have one name: ${handlers.map(({ name }) => name)}`);
  return byNames;
}

/** Asks an inbox only whether the login is valid and may spend this many points of its request budget. */
export const AUTHORIZE = declareCall<number, void>("authorize");

/** The methods of a Conversation that others may call. */
export interface ConversationRpc {
  append(call: AppendCall): Promise<AppendReply>;
  operate(call: OperateCall): Promise<Outcome<OperateReply>>;
  snapshot(userId: string, mark: ReportedVersion): Promise<Outcome<string | null>>;
  call(name: string, input: unknown): Promise<Outcome<unknown>>;
  fetch(request: Request): Promise<Response>;
}

/** The methods of an Inbox that others may call. */
export interface InboxRpc {
  /** A request from the user. Login and rate limit are checked first. */
  request(login: Login, name: string, input: unknown): Promise<Outcome<unknown>>;
  /** A call from the Worker or another object, not on behalf of a user. */
  call(name: string, input: unknown): Promise<Outcome<unknown>>;
  /** Takes a conversation's update, as text. @returns the version of the conversation that the inbox then has */
  update(update: string): Promise<Told>;
  /** Passes messages of a large group, as text, to the user's sockets. The list does not change. */
  relay(relay: string): Promise<Told>;
  fetch(input: Request | string, init?: RequestInit): Promise<Response>;
}

/** A namespace of objects. */
export interface Objects<Rpc> {
  getByName(name: string): Rpc;
}

/**
 * Makes a call and returns its value.
 * @throws NexoError if the call is refused; SHUTTING_DOWN when the deadline passes
 */
export async function askObject<Input, Output>(
  object: { call(name: string, input: unknown): Promise<Outcome<unknown>> },
  call: Call<Input, Output>,
  input: Input,
  milliseconds?: number,
): Promise<Output> {
  // The type of `handle` has checked the value on the other side.
  return unwrapped(await withDeadline(object.call(call.name, input), milliseconds)) as Output;
}

/** Makes a request on behalf of a signed-in user. @throws NexoError TOKEN_INVALID, its refusal, or SHUTTING_DOWN */
export async function askInbox<Input, Output>(
  inbox: InboxRpc,
  login: Login,
  call: Call<Input, Output>,
  input: Input,
): Promise<Output> {
  return unwrapped(await withDeadline(inbox.request(login, call.name, input))) as Output;
}
