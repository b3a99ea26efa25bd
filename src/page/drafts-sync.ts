import { useEffect } from "preact/hooks";
import { useClient } from "./context.ts";
import { drafts, unsharedKey } from "./drafts.ts";
import { forget, keep, readKept } from "./kept.ts";

const KEY = "draft ";
/** A draft is sent this long after the last key press. */
const PAUSE = 1_500;

interface Changes {
  readonly items: readonly { readonly key: string; readonly value: string; readonly rev: number }[];
  readonly rev: number;
}

/**
 * Shares drafts between the user's devices. What was written here and could not be shared is not replaced, also after a
 * reload. If another device wrote something else meanwhile, each keeps its own. [PAGE-8]
 */
export function useDraftSync(): void {
  const client = useClient();
  useEffect(() => {
    const {
      userId,
      api: { data },
    } = client;
    const waiting = new Map<string, ReturnType<typeof setTimeout>>();
    let rev = 0;
    function put(id: string, text: string, at: number): void {
      if (waiting.has(id)) return;
      const since = readKept(unsharedKey(userId, id));
      if (since && at <= Number(since)) share(id);
      else if (!since || drafts.of(userId, id) === "") {
        drafts.put(userId, id, text);
        forget(unsharedKey(userId, id));
      }
    }
    function take(changes: Changes): void {
      for (const { key, value, rev: at } of changes.items) {
        if (key.startsWith(KEY)) put(key.slice(KEY.length), value, at);
      }
      rev = changes.rev;
    }
    /** Takes away what was deleted: an answer with all items does not name it. */
    function dropAllBut({ items }: Changes): void {
      const there = new Set(items.map(({ key }) => key));
      for (const id of drafts.ids(userId)) if (!there.has(KEY + id)) put(id, "", 0);
    }
    function share(id: string): void {
      clearTimeout(waiting.get(id));
      // What was sent is no draft any more: no other device should show it meanwhile.
      const pause = drafts.of(userId, id) === "" ? 0 : PAUSE;
      const end = (isShared: boolean) => {
        if (waiting.get(id) !== timer) return;
        waiting.delete(id);
        if (isShared) forget(unsharedKey(userId, id));
      };
      const timer = setTimeout(() => {
        // Too long, or no connection: the draft stays on this device.
        void data.put(KEY + id, drafts.of(userId, id)).then(
          () => end(true),
          () => end(false),
        );
      }, pause);
      waiting.set(id, timer);
    }
    async function read(): Promise<void> {
      const since = rev;
      const changes = await data.since(since);
      // A push may have been faster.
      if (changes.rev < rev) return;
      if (since === 0 || changes.reset) dropAllBut(changes);
      take(changes);
    }
    const readOrWait = () => void read().catch(() => undefined);
    const connected = ({ status }: { status: string }) => {
      if (status === "online" || status === "degraded") readOrWait();
    };
    drafts.onWritten = (id) => {
      keep(unsharedKey(userId, id), String(rev));
      share(id);
    };
    const stops = [
      client.on("own_data", (changes) => (changes.since_rev === rev ? take(changes) : readOrWait())),
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
