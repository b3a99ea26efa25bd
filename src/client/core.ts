import { assemble, type Parts } from "./assembly.ts";
import { wakeByEvents } from "./connection/environment.ts";
import type { SignedOut } from "./connection/reconnecting-socket.ts";
import { Waking } from "./connection/waking.ts";
import { NexoClientError } from "./errors.ts";
import type { ClientOptions } from "./options.ts";

export interface ClientCore {
  readonly parts: Parts;
  /** Called when the network may have come back or been lost. */
  wake(): void;
  /** Deletes the stored history. [HIST-4] */
  forget(): void;
  /** Ends all work; waiting messages stay in the storage. [LINK-2] */
  stop(why: NexoClientError): void;
}

/** Starts a client, and says what happens when its connection opens, catches up and closes, and when it ends. */
export function startCore(options: ClientOptions): ClientCore {
  const parts = assemble(options, {
    connecting() {
      if (parts.connection.status !== "degraded") parts.connection.set("connecting");
    },
    opened() {
      parts.fallback.end();
      parts.push.opened();
      parts.sync.opened();
      if (parts.connection.status !== "degraded") parts.connection.set("catching_up");
    },
    lasted: () => parts.fallback.forget(),
    pong(cursor) {
      if (cursor !== undefined) parts.sync.heard(cursor);
    },
    waiting(retry_at, error) {
      // If there was no socket before, a sync by HTTP may be running: it continues.
      if (parts.fallback.isOff) {
        parts.sync.closed();
        unseen();
      }
      parts.fallback.begin(!parts.list.isReady);
      if (parts.connection.status !== "degraded") parts.connection.set("offline", { retry_at, error });
      // Messages are sent by HTTP, but only once there is a list: without it, sent messages would not be shown.
      if (parts.list.isReady) takeUp(() => parts.outbox.open());
    },
    failed(error, retry_at) {
      if (parts.connection.status === "degraded") parts.connection.set("offline", { retry_at, error });
    },
    caughtUp,
    signedOut,
  });

  function caughtUp(): void {
    const status = parts.line.channel ? "online" : "degraded";
    const isBack = parts.connection.status !== status;
    if (status === "online") parts.line.succeeded();
    else parts.fallback.again();
    parts.list.ready();
    parts.connection.set(status);
    if (parts.connection.isOver) return;
    parts.book.show();
    if (!isBack) return;
    parts.presence.opened();
    parts.users.hurry();
    parts.members.hurry();
    parts.marks.hurry();
    parts.counts.hurry();
    parts.files.hurry();
    parts.operations.hurry();
    takeUp(() => parts.outbox.hurry());
  }

  /** Messages left by an earlier run or by a closed tab are sent first. */
  function takeUp(act: () => void): void {
    void parts.outbox.load().then(() => {
      if (!parts.connection.isOver) act();
    });
  }

  /** Typing and presence are known only while there is a socket. */
  function unseen(): void {
    parts.typing.stop();
    parts.presence.closed();
  }

  function signedOut(why: SignedOut): void {
    parts.connection.set("signed_out", { signed_out: why });
    // An expired login keeps its data for the next sign-in; a login that was ended leaves no data.
    if (why.reason !== "expired") parts.keeper.clear();
    parts.events.tell("signed_out", why);
    stop(new NexoClientError(why.code, `signed out: ${why.reason}`, { retryable: false }));
  }

  const waking = new Waking(options.wake ?? wakeByEvents, () => {
    parts.line.wake();
    parts.focus.wake();
    parts.sync.wake();
  });

  function stop(why: NexoClientError): void {
    waking.stop();
    parts.http.close(why);
    parts.keeper.stop();
    parts.fallback.end();
    parts.line.stop();
    parts.focus.stop();
    parts.sync.closed();
    parts.session.stop();
    parts.outbox.close(why);
    parts.files.stop();
    parts.operations.close(why);
    parts.book.stop();
    parts.marks.stop();
    parts.counts.stop();
    parts.users.stop();
    parts.members.stop();
    unseen();
    parts.events.stop();
  }

  parts.connection.view.subscribe(({ status, error }) => {
    parts.logger[error ? "warn" : "debug"]("the connection changed", { status, code: error?.code });
  });
  parts.fallback.begin(false);
  parts.line.start();
  void parts.keeper.restore().then((isShown) => {
    if (isShown && !parts.connection.isOver) parts.book.show();
  });
  return { parts, wake: () => waking.wake(), forget: () => parts.keeper.clear(), stop };
}
