import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unstable_readConfig } from "wrangler";
import { root } from "../scripts/wrangler.ts";
import { type Bundle, build } from "./build.ts";
import type { HostOptions, HostReply, HostRequest } from "./host.ts";

type Without<T> = T extends { readonly id: number } ? Omit<T, "id"> : never;

/** A Worker on workerd, in its own process. */
export class Server {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { done: (reply: HostReply) => void; failed: (error: Error) => void }>();
  #requests = 0;
  url = new URL("http://127.0.0.1");

  constructor() {
    const env = { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false" };
    this.#child = fork(join(root, "bench", "host.ts"), { env, serialization: "json" });
    this.#child.on("message", (reply: HostReply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if (reply.error === undefined) waiting?.done(reply);
      else waiting?.failed(new Error(reply.error));
    });
    this.#child.on("exit", (code) => {
      for (const { failed } of this.#waiting.values()) failed(new Error(`the host ended with ${code}`));
    });
  }

  async start(options: HostOptions): Promise<void> {
    const { url } = await this.#ask({ start: options });
    this.url = new URL(url ?? "");
  }

  async sql(statements: { query: string; params: readonly string[] }[]): Promise<void> {
    await this.#ask({ sql: statements });
  }

  async stop(): Promise<void> {
    await this.#ask({ stop: true });
    this.#child.disconnect();
  }

  /** Resident memory of workerd, in bytes. */
  memory(): number {
    return this.#status("VmRSS") * 1_024;
  }

  /** Processor time that workerd has used, in milliseconds. Unlike a rate it does not depend on other processes. */
  cpu(): number {
    const fields = readFileSync(`/proc/${this.#workerd()}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    // User and system time, in hundredths of a second.
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  #status(field: string): number {
    return Number(statusOf(this.#workerd())[field]?.split(" ")[0]);
  }

  #workerd(): number {
    const children = readFileSync(`/proc/${this.#child.pid}/task/${this.#child.pid}/children`, "utf8").split(" ");
    const pid = children.map(Number).find((child) => child > 0 && statusOf(child).Name === "workerd");
    if (pid === undefined) throw new Error("workerd is not running");
    return pid;
  }

  #ask(request: Without<HostRequest>): Promise<HostReply> {
    const id = ++this.#requests;
    return new Promise((done, failed) => {
      this.#waiting.set(id, { done, failed });
      this.#child.send({ id, ...request });
    });
  }
}

/** The server and the floors, each on its own workerd and with empty storage. */
export interface Pair {
  readonly ours: Server;
  readonly floor: Server;
}

/** The builds that both are started from, made once for a run. */
export interface Builds {
  readonly folder: string;
  readonly ours: Bundle;
  readonly floor: Bundle;
}

/** Limits that a bench would reach are lifted. Everything else is as deployed. */
const VARS = {
  JWT_SECRET: "a secret for the bench alone, 32+ bytes",
  SEND_RATE_PER_SECOND: 1_000_000,
  SEND_BURST: 1_000_000,
  SEND_BYTES_PER_DAY: 1_000_000_000_000,
  REQUEST_RATE_PER_SECOND: 1_000_000,
  REQUEST_BURST: 1_000_000,
  OPERATION_RATE_PER_SECOND: 1_000_000,
  OPERATION_BURST: 1_000_000,
  STRANGERS_PER_HOUR: 1_000_000,
  NEW_GROUPS_PER_DAY: 1_000_000,
  MAX_GROUP_MEMBERS: 10_000,
  MAX_SOCKETS_PER_USER: 1_000,
  MEDIA_BYTES_PER_DAY: 1_000_000_000_000,
  FLOOD_LIMITS: "off",
};

const config = unstable_readConfig({ config: join(root, "wrangler.toml") });

export async function prepare(): Promise<Builds> {
  const folder = await mkdtemp(join(process.env.BENCH_DIR ?? tmpdir(), "nexo-bench-"));
  return { folder, ...(await build(folder)) };
}

export async function startOurs(builds: Builds, persist: string): Promise<Server> {
  const server = new Server();
  await server.start({
    script: builds.ours.path,
    compatibilityDate: config.compatibility_date ?? "",
    objects: { CONVERSATION: "Conversation", INBOX: "Inbox" },
    vars: { ...(config.vars as Record<string, string | number>), ...VARS },
    persist,
    ...(process.env.BENCH_INSPECT && { inspectorPort: Number(process.env.BENCH_INSPECT) }),
  });
  return server;
}

export async function startFloor(builds: Builds, persist: string): Promise<Server> {
  const server = new Server();
  await server.start({
    script: builds.floor.path,
    compatibilityDate: config.compatibility_date ?? "",
    objects: { ROWS: "Rows", USER: "User", PAGES: "Pages" },
    vars: {},
    persist,
  });
  return server;
}

/** Runs some work with both servers, and stops them afterwards in any case. */
export async function withPair<T>(builds: Builds, work: (pair: Pair) => Promise<T>): Promise<T> {
  const persist = await mkdtemp(join(builds.folder, "state-"));
  const [ours, floor] = await Promise.all([
    startOurs(builds, join(persist, "ours")),
    startFloor(builds, join(persist, "floor")),
  ]);
  try {
    return await work({ ours, floor });
  } finally {
    await Promise.allSettled([ours.stop(), floor.stop()]);
    await rm(persist, { recursive: true, force: true });
  }
}

function statusOf(pid: number): Record<string, string> {
  const lines = readFileSync(`/proc/${pid}/status`, "utf8").split("\n");
  return Object.fromEntries(lines.map((line) => line.split(/:\s+/)));
}
