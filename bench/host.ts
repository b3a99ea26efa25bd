// Runs both Workers in a separate process, so that reading their logs costs the client nothing.
import { readFile } from "node:fs/promises";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare, type V4MiniflareOptions } from "miniflare";

/** The Workers that the parent process asks for. */
export interface HostOptions {
  readonly script: string;
  readonly compatibilityDate: string;
  readonly objects: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string | number>>;
  readonly persist: string;
  readonly inspectorPort?: number;
}

export type HostRequest =
  | { readonly id: number; readonly start: HostOptions }
  | { readonly id: number; readonly sql: readonly { query: string; params: readonly string[] }[] }
  | { readonly id: number; readonly stop: true };

export type HostReply = { readonly id: number; readonly url?: string; readonly error?: string };

let miniflare: Miniflare | undefined;

async function start(options: HostOptions): Promise<string> {
  const v4: V4MiniflareOptions = {
    host: "127.0.0.1",
    port: 0,
    cf: false,
    log: new Log(LogLevel.NONE),
    // The server logs one line for each request. The lines are read and dropped.
    handleStructuredLogs: process.env.BENCH_LOGS
      ? ({ message }) => process.stderr.write(`${message}\n`)
      : () => undefined,
    telemetry: { enabled: false },
    resourcePersistencePath: options.persist,
    ...(options.inspectorPort !== undefined && { inspectorPort: options.inspectorPort }),
    workers: [
      {
        name: "bench",
        modules: [{ type: "ESModule", path: "index.js", contents: await readFile(options.script, "utf8") }],
        compatibilityDate: options.compatibilityDate,
        bindings: { ...options.vars },
        d1Databases: { DB: "db" },
        r2Buckets: { MEDIA: "media" },
        analyticsEngineDatasets: { METRICS: { dataset: "nexo_im" } },
        durableObjects: Object.fromEntries(
          Object.entries(options.objects).map(([binding, className]) => [binding, { className, useSQLite: true }]),
        ),
        unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
      },
    ],
  };
  miniflare = new Miniflare(convertV4MiniflareOptions(v4));
  await miniflare.ready;
  // Directly to the Worker: Miniflare's own entry would add a second Worker to each request.
  return (await miniflare.unsafeGetDirectURL("bench")).href;
}

async function answer(request: HostRequest): Promise<Omit<HostReply, "id">> {
  if ("start" in request) return { url: await start(request.start) };
  if ("stop" in request) {
    await miniflare?.dispose();
    return {};
  }
  const db = await miniflare?.getD1Database("DB");
  for (const { query, params } of request.sql)
    await db
      ?.prepare(query)
      .bind(...params)
      .run();
  return {};
}

process.on("message", async (request: HostRequest) => {
  let reply: HostReply;
  try {
    reply = { id: request.id, ...(await answer(request)) };
  } catch (error) {
    reply = { id: request.id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  process.send?.(reply);
});
process.on("disconnect", () => void miniflare?.dispose().finally(() => process.exit()));
