/**
 * The platform features that the SDK needs, as types of its own: browsers, Node, Workers and React Native all
 * have them, and no DOM library has to be in scope.
 */

/** The part of a WebSocket event that the SDK reads. */
export interface SocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
}

/** The part of WebSocket that the SDK uses. */
export interface SocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: SocketEvent) => void): void;
}

/** A WebSocket class: the global one, or for example that of the package `ws`. */
export type SocketClass = new (url: string, protocols: string[]) => SocketLike;

/** The part of AbortSignal that the SDK uses. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** AbortSignal, if the types in scope include it. */
type Signal = typeof globalThis extends { AbortSignal: { prototype: infer T } } ? T : unknown;

/** Blob, if the types in scope include it. */
type FileBody = typeof globalThis extends { Blob: { prototype: infer T } } ? T : never;

/** The part of `fetch` that the SDK uses. */
export type FetchLike = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string | FileBody; signal?: Signal },
) => Promise<{
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
}>;

/**
 * Calls back whenever the network may have come back (on `online` or on a return to the foreground) or may be lost.
 * @returns a function that stops it.
 */
export type WakeHook = (wake: () => void) => () => void;

const WAKING = ["online", "offline", "pageshow", "focus", "visibilitychange"];

interface EventSource {
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
  document?: { visibilityState?: string };
}

/** The default hook: the events of a browser's window; without a window it never calls. */
export const wakeByEvents: WakeHook = (wake) => {
  const scope = globalThis as unknown as EventSource;
  const listener = () => {
    if (scope.document?.visibilityState !== "hidden") wake();
  };
  for (const type of WAKING) scope.addEventListener?.(type, listener);
  return () => {
    for (const type of WAKING) scope.removeEventListener?.(type, listener);
  };
};

/** The global WebSocket. @throws Error if there is none and none was given */
export function globalSocket(): SocketClass {
  const { WebSocket } = globalThis as unknown as { WebSocket?: SocketClass };
  if (!WebSocket) throw new Error("There is no global WebSocket here: pass one to createClient({ WebSocket }).");
  return WebSocket;
}

/** The global fetch, looked up at each call, so that a later replacement is used too. */
export const globalFetch: FetchLike = (url, init) => (globalThis as unknown as { fetch: FetchLike }).fetch(url, init);

/** The parts of Web Locks and BroadcastChannel that the SDK uses. */
export interface TabsEnvironment {
  readonly locks: {
    /** `held` gets null if the lock was only wanted if available, and is not. */
    request<T>(
      name: string,
      options: { readonly steal?: boolean; readonly ifAvailable?: boolean },
      held: (lock: unknown) => Promise<T>,
    ): Promise<T>;
    query(): Promise<{ readonly held?: readonly { readonly name?: string; readonly clientId?: string }[] }>;
  };
  readonly BroadcastChannel: new (
    name: string,
  ) => {
    postMessage(message: string): void;
    addEventListener(type: "message", listener: (event: { readonly data?: unknown }) => void): void;
    close(): void;
  };
}

/** The means by which tabs find each other; null where they are missing: each tab then works alone. */
export function globalTabs(): TabsEnvironment | null {
  const { navigator, BroadcastChannel } = globalThis as unknown as {
    navigator?: Partial<TabsEnvironment>;
    BroadcastChannel?: TabsEnvironment["BroadcastChannel"];
  };
  const locks = navigator?.locks;
  return locks && BroadcastChannel ? { locks, BroadcastChannel } : null;
}
