import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { Conversation } from "../../../src/conversation/conversation.ts";
import { Inbox } from "../../../src/inbox/inbox.ts";
import app from "../../../src/index.ts";
import { inside, roomOf } from "./objects.ts";

/** The billed amounts. */
export interface Bill {
  /** Requests to the Worker. */
  worker: number;
  /** Calls to objects, by method or by the feature's call. An alarm that rings counts as one. Frames of sockets are not included. */
  requests: string[];
  frames: number;
  /** Rows that objects write, by statement. Setting an alarm counts as one. */
  rows: Record<string, number>;
  /** Rows of objects and of D1, which cost the same. */
  rowsWritten: number;
  rowsRead: number;
  /** Queries of D1. */
  d1: number;
  /** Calls of R2 that store and that read. Deletions are free. */
  r2: { writes: number; reads: number };
  /** How long timers kept objects awake, in milliseconds: those that fired, not those that were cancelled. */
  timers: number;
  /** Updates and upgrades that are not answered yet. */
  pending: number;
}

type Exec = (
  this: SqlStorage,
  query: string,
  ...bindings: unknown[]
) => SqlStorageCursor<Record<string, SqlStorageValue>>;

type D1Result = { readonly meta: { readonly rows_read: number; readonly rows_written: number } };

/** An undocumented part of the runtime that all queries of a D1 pass, with their costs. */
interface D1Session {
  _sendOrThrow(...given: unknown[]): Promise<D1Result | D1Result[]>;
}

/**
 * Counts all costs from now on, as the runtime reports them: rows at each cursor, requests at the stubs. Create it once
 * in a file.
 */
export async function meter(): Promise<{ reset: () => void; read: () => Bill }> {
  let requests: string[] = [];
  let frames = 0;
  let pending = 0;
  let worker = 0;
  let d1 = 0;
  let r2 = { writes: 0, reads: 0 };
  let d1Rows = { read: 0, written: 0 };
  let timers = 0;
  let cursors: { query: string; cursor: SqlStorageCursor<Record<string, SqlStorageValue>> }[] = [];
  let alarmsSet = 0;

  const { sql, storage } = await inside(roomOf("sg_nowhere"), (_, state) => ({
    sql: Object.getPrototypeOf(state.storage.sql) as { exec: Exec },
    storage: Object.getPrototypeOf(state.storage) as DurableObjectStorage,
  }));
  const { exec } = sql;
  vi.spyOn(sql, "exec").mockImplementation(function (this: SqlStorage, query, ...bindings) {
    const cursor = exec.call(this, query, ...bindings);
    cursors.push({ query, cursor });
    return cursor;
  });
  const { setAlarm } = storage;
  vi.spyOn(storage, "setAlarm").mockImplementation(function (this: DurableObjectStorage, ...given) {
    alarmsSet++;
    return setAlarm.apply(this, given);
  });

  for (const namespace of [env.INBOX, env.CONVERSATION] as const) {
    const prototype: DurableObjectNamespace = Object.getPrototypeOf(namespace);
    if (vi.isMockFunction(prototype.getByName)) continue;
    const { getByName } = prototype;
    vi.spyOn(prototype, "getByName").mockImplementation(function (this: DurableObjectNamespace, name: string) {
      return counted(getByName.call(this, name), (method, result) => {
        requests.push(method);
        if (!isUpdate(method)) return;
        pending++;
        const answered = () => {
          pending--;
        };
        void Promise.resolve(result).then(answered, answered);
      });
    });
  }
  for (const { prototype } of [Inbox, Conversation]) {
    const { alarm, webSocketMessage } = prototype;
    vi.spyOn(prototype, "alarm").mockImplementation(function (this: typeof prototype) {
      requests.push("alarm");
      return alarm.call(this as never);
    });
    vi.spyOn(prototype, "webSocketMessage").mockImplementation(function (this: typeof prototype, ...given) {
      frames++;
      return webSocketMessage.apply(this as never, given);
    });
  }
  const { fetch } = app;
  vi.spyOn(app, "fetch").mockImplementation((...given) => {
    worker++;
    return fetch(...given);
  });
  const { setTimeout } = globalThis;
  // Not a spy: if there is one already, a second would be the same.
  vi.stubGlobal("setTimeout", (run: () => void, milliseconds = 0) =>
    setTimeout(() => {
      timers += milliseconds;
      run();
    }, milliseconds),
  );
  const session: D1Session = Object.getPrototypeOf(env.DB.withSession());
  const { _sendOrThrow } = session;
  vi.spyOn(session, "_sendOrThrow").mockImplementation(async function (this: D1Session, ...given) {
    const answer = await _sendOrThrow.apply(this, given);
    for (const { meta } of [answer].flat()) {
      d1Rows = { read: d1Rows.read + meta.rows_read, written: d1Rows.written + meta.rows_written };
    }
    return answer;
  });
  const files: R2Bucket = Object.getPrototypeOf(env.MEDIA);
  for (const [method, kind] of [
    ["put", "writes"],
    ["get", "reads"],
    ["head", "reads"],
  ] as const) {
    const original = files[method] as (...given: unknown[]) => unknown;
    Object.assign(files, {
      [method](this: R2Bucket, ...given: unknown[]) {
        r2[kind]++;
        return original.apply(this, given);
      },
    });
  }
  const database: D1Database = Object.getPrototypeOf(env.DB);
  const { prepare } = database;
  vi.spyOn(database, "prepare").mockImplementation(function (this: D1Database, query) {
    d1++;
    return prepare.call(this, query);
  });

  return {
    reset: () => {
      [worker, requests, frames, d1, cursors, alarmsSet, timers] = [0, [], 0, 0, [], 0, 0];
      d1Rows = { read: 0, written: 0 };
      r2 = { writes: 0, reads: 0 };
    },
    read: () => {
      const rows: Record<string, number> = alarmsSet > 0 ? { "set alarm": alarmsSet } : {};
      for (const { query, cursor } of cursors) {
        const statement = query.trim().replace(/\s+/g, " ").slice(0, 40);
        if (cursor.rowsWritten > 0) rows[statement] = (rows[statement] ?? 0) + cursor.rowsWritten;
      }
      const rowsWritten = Object.values(rows).reduce((sum, count) => sum + count, d1Rows.written);
      const rowsRead = cursors.reduce((sum, { cursor }) => sum + cursor.rowsRead, d1Rows.read);
      return {
        worker,
        requests: [...requests],
        frames,
        rows,
        rowsWritten,
        rowsRead,
        d1,
        r2: { ...r2 },
        timers,
        pending,
      };
    },
  };
}

/** Whether a request tells an inbox something, in one of the three ways; a fetch may also open a socket. */
export const isUpdate = (method: string) => ["fetch", "update", "relay"].includes(method);

function counted(stub: DurableObjectStub, count: (method: string, result: unknown) => void): DurableObjectStub {
  return new Proxy(stub, {
    get(target, key) {
      const method: unknown = Reflect.get(target, key);
      if (typeof method !== "function" || typeof key !== "string") return method;
      return (...given: unknown[]) => {
        // Not with method.apply, which a stub would treat as one more remote name.
        const result: unknown = Reflect.apply(method, target, given);
        count(key === "call" ? String(given[0]) : key === "request" ? String(given[1]) : key, result);
        return result;
      };
    },
  });
}
