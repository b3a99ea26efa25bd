import { useEffect } from "preact/hooks";
import { useClient } from "./context.ts";
import { drafts } from "./drafts.ts";

const KEY = "draft ";
/** The rev of the drafts that are kept here is kept beside them, as the draft of no conversation: they go together. */
const REV = "";
/** A draft is sent this long after the last key press. */
const PAUSE = 1_500;

/** Shares drafts between the user's devices. A draft that is being written here is not replaced. */
export function useDraftSync(): void {
  const client = useClient();
  useEffect(() => {
    const { userId, api } = client;
    const waiting = new Map<string, ReturnType<typeof setTimeout>>();
    /** What the server has, by key, where this page knows it. */
    const there = new Map<string, string>();
    let rev = Number(drafts.of(userId, REV));
    function take(items: readonly { key: string; value: string }[], now: number): void {
      for (const { key, value } of items) {
        if (!key.startsWith(KEY)) continue;
        there.set(key, value);
        if (!waiting.has(key)) drafts.put(userId, key.slice(KEY.length), value);
      }
      rev = now;
      drafts.put(userId, REV, `${now}`);
    }
    const read = () =>
      api.data.since(rev).then(
        (changed) => take(changed.items, changed.rev),
        () => undefined,
      );
    drafts.onWritten = (conversationId, text) => {
      const key = KEY + conversationId;
      clearTimeout(waiting.get(key));
      const write = async () => {
        if (there.get(key) !== text) {
          there.set(key, text);
          // Too long, or no connection: the draft stays on this device.
          await api.data.put(key, text).catch(() => there.delete(key));
        }
        if (waiting.get(key) === timer) waiting.delete(key);
      };
      // What was sent is no draft any more, even if the page is closed at once.
      const timer = setTimeout(write, text === "" ? 0 : PAUSE);
      waiting.set(key, timer);
    };
    const connected = ({ status }: { status: string }) => {
      if (status === "online" || status === "degraded") void read();
    };
    const stops = [
      client.on("own_data", (changed) => {
        if (changed.since_rev === rev) take(changed.items, changed.rev);
        else void read();
      }),
      client.on("connection", connected),
    ];
    connected(client.connection.getSnapshot());
    return () => {
      drafts.onWritten = null;
      for (const timer of waiting.values()) clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [client]);
}
