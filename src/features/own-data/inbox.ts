import type { InboxContext, InboxFeature } from "../../core/inbox.ts";
import { Cost } from "../../core/rates/costs.ts";
import { handleRequest } from "../../core/rpc.ts";
import { PushFrame } from "../../durable/sockets.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { Push } from "../../protocol/frames.ts";
import { LIMITS } from "../../protocol/limits.ts";
import { putOwnData, readOwnData } from "./calls.ts";
import { OwnDataStore } from "./store.ts";

/** Small data that a user's devices share, such as drafts. [DATA-1] */
export function ownData({ store, sockets }: InboxContext) {
  const rows = new OwnDataStore(store);

  function put({ key, value }: { readonly key: string; readonly value: string }) {
    const since_rev = rows.rev;
    const before = rows.get(key);
    // A repeat changes nothing.
    if (before === value) return { rev: since_rev };
    if (before === "" && rows.count() >= LIMITS.ownDataKeys) {
      throw new NexoError(Code.TOO_MANY, `a user has at most ${LIMITS.ownDataKeys} keys: delete one`);
    }
    const item = { key, value, rev: since_rev + 1 };
    rows.put(item);
    const frame = new PushFrame(Push.OWN_DATA, JSON.stringify({ items: [item], since_rev, rev: item.rev }));
    for (const [socket] of sockets.hearing()) sockets.push(socket, frame);
    return { rev: item.rev };
  }

  function read({ since }: { readonly since: number }) {
    const { rev } = rows;
    const reset = since > 0 && (since < rows.floor || since > rev);
    const items = rows.since(reset ? 0 : since);
    // Without anything yet, there is nothing to delete.
    return { items: reset || since === 0 ? items.filter(({ value }) => value !== "") : items, rev, reset };
  }

  return {
    requests: [handleRequest(putOwnData, Cost.ASKS, put), handleRequest(readOwnData, Cost.WRITES, read)],
  } satisfies InboxFeature;
}
