import { withDeadline } from "../deadline.ts";
import { type Outcome, unwrapped } from "../durable/outcome.ts";
import type { Login } from "../durable/upgrade.ts";
import { Code, NexoError } from "../protocol/codes.ts";
import { type Call, declareCall } from "./call.ts";
import type { AppendCall, AppendReply, OperateCall, OperateReply } from "./calls.ts";
import type { Version } from "./member.ts";

/** The work behind a call. */
export interface Handler {
  readonly name: string;
  readonly run: (input: unknown) => unknown;
}

/** Handles a call. @param run may throw a NexoError, which the caller is answered */
export function handle<Input, Output>(
  call: Call<Input, Output>,
  run: (input: Input) => Output | Promise<Output>,
): Handler {
  // `call` has typed the input at the caller's side.
  return { name: call.name, run: run as Handler["run"] };
}

/** The work behind a request that users make of their own inbox. */
export interface RequestHandler {
  readonly name: string;
  /** What it takes of the user's rate of requests. [RATE-3] */
  readonly cost: (input: unknown) => number;
  readonly run: (input: unknown, login: Login) => unknown;
}

/** Handles a request. @param cost in points of the rate of requests, by what the request causes */
export function handleRequest<Input, Output>(
  call: Call<Input, Output>,
  cost: number | ((input: Input) => number),
  run: (input: Input, login: Login) => Output | Promise<Output>,
): RequestHandler {
  const costOf = typeof cost === "number" ? () => cost : (cost as (input: unknown) => number);
  return { name: call.name, cost: costOf, run: run as RequestHandler["run"] };
}

/** @throws NexoError SHUTTING_DOWN for a call that only another release knows: a retry meets that one */
export function named<T extends { readonly name: string }>(handlers: ReadonlyMap<string, T>, name: string): T {
  const handler = handlers.get(name);
  if (!handler) throw new NexoError(Code.SHUTTING_DOWN);
  return handler;
}

/** Handlers by their names. @throws Error where two have one name: the first would never be called */
export function byName<T extends { readonly name: string }>(handlers: readonly T[]): ReadonlyMap<string, T> {
  const byNames = new Map(handlers.map((handler) => [handler.name, handler]));
  if (byNames.size < handlers.length) throw new Error(`two calls have one name: ${handlers.map(({ name }) => name)}`);
  return byNames;
}

/** Asks an inbox nothing but whether the login lives and may spend so many points of its rate. */
export const AUTHORIZE = declareCall<number, void>("authorize");

/** What others see of a Conversation. */
export interface ConversationRpc {
  append(call: AppendCall): Promise<AppendReply>;
  operate(call: OperateCall): Promise<Outcome<OperateReply>>;
  snapshot(userId: string, mark: Version): Promise<Outcome<string | null>>;
  call(name: string, input: unknown): Promise<Outcome<unknown>>;
  fetch(request: Request): Promise<Response>;
}

/** What others see of an Inbox. */
export interface InboxRpc {
  /** By the user, whose login and rate are checked first. */
  request(login: Login, name: string, input: unknown): Promise<Outcome<unknown>>;
  /** By the Worker or another object, in nobody's name. */
  call(name: string, input: unknown): Promise<Outcome<unknown>>;
  fetch(input: Request | string, init?: RequestInit): Promise<Response>;
}

/** A namespace of objects. */
export interface Objects<Rpc> {
  getByName(name: string): Rpc;
}

/**
 * Makes a call and gives its value.
 * @throws NexoError its refusal, or SHUTTING_DOWN when the deadline passes
 */
export async function askObject<Input, Output>(
  object: { call(name: string, input: unknown): Promise<Outcome<unknown>> },
  call: Call<Input, Output>,
  input: Input,
  milliseconds?: number,
): Promise<Output> {
  // `handle` has typed the value at the other side.
  return unwrapped(await withDeadline(object.call(call.name, input), milliseconds)) as Output;
}

/** Makes a request in the name of a signed-in user. @throws NexoError TOKEN_INVALID, its refusal, or SHUTTING_DOWN */
export async function askInbox<Input, Output>(
  inbox: InboxRpc,
  login: Login,
  call: Call<Input, Output>,
  input: Input,
): Promise<Output> {
  return unwrapped(await withDeadline(inbox.request(login, call.name, input))) as Output;
}
