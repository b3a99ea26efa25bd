import { useEffect } from "preact/hooks";
import { useClient } from "./context.ts";
import { drafts } from "./drafts.ts";

const KEY = "draft ";
/** A draft is sent this long after the last key press. */
const PAUSE = 1_500;

/** Shares drafts between the user's devices. A draft that is being written here is not replaced. */
export function useDraftSync(): void {
  const client = useClient();
  useEffect(() => {
    const waiting = new Map<string, ReturnType<typeof setTimeout>>();
    let rev = 0;
    const take = (items: readonly { key: string; value: string }[]) => {
      for (const { key, value } of items) {
        if (key.startsWith(KEY) && !waiting.has(key)) drafts.put(client.userId, key.slice(KEY.length), value);
      }
    };
    async function read(): Promise<void> {
      const changed = await client.api.data.since(rev);
      take(changed.items);
      rev = changed.rev;
    }
    const readOrWait = () => void read().catch(() => undefined);
    drafts.onWritten = (conversationId, text) => {
      const key = KEY + conversationId;
      clearTimeout(waiting.get(key));
      const isSent = () => {
        if (waiting.get(key) === timer) waiting.delete(key);
      };
      // Too long, or no connection: the draft stays on this device.
      const timer = setTimeout(() => void client.api.data.put(key, text).then(isSent, isSent), PAUSE);
      waiting.set(key, timer);
    };
    const stops = [
      client.on("own_data", ({ items, since_rev, rev: now }) => {
        if (since_rev !== rev) return readOrWait();
        take(items);
        rev = now;
      }),
      client.on("connection", ({ status }) => {
        if (status === "online") readOrWait();
      }),
    ];
    readOrWait();
    return () => {
      drafts.onWritten = null;
      for (const timer of waiting.values()) clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [client]);
}
