import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isPortFree } from "../../../scripts/port.ts";
import { Rest } from "./rest.ts";

const devScript = fileURLToPath(new URL("../../../scripts/dev.ts", import.meta.url));
const isWindows = process.platform === "win32";
const startDeadline = 90_000;
const stopDeadline = 15_000;

export type Server = {
  /** The same after a restart. */
  readonly url: string;
  readonly pid: number;
  /** Stops it as Ctrl-C would, and removes the state if it was created here. */
  stop(): Promise<void>;
  /** Has the effect of a power cut: kills all its processes at once, whatever they are doing. */
  kill9(): Promise<void>;
  /** Starts again with the same state and port, also after kill9(). */
  restart(): Promise<void>;
  /** Everything it has printed, over all restarts. */
  logs(): string;
};

/** Starts the real server as `npm run dev` does, on a free port and with its own state. */
export async function startServer(options: { state?: string; vars?: Record<string, string> } = {}): Promise<Server> {
  const state = options.state ?? mkdtempSync(join(tmpdir(), "nexo-im-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const vars = Object.entries(options.vars ?? {}).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
  const args = [devScript, "--port", String(port), "--persist-to", state, ...vars];
  let log = "";
  let child = boot();

  function boot(): ChildProcess {
    // Detached: a separate process group, so that one signal reaches all processes.
    const booted = spawn(process.execPath, args, { detached: !isWindows, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [booted.stdout, booted.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        log += text;
      });
    }
    return booted;
  }

  async function end(how: (running: ChildProcess) => void): Promise<void> {
    const deadline = Date.now() + stopDeadline;
    if (isRunning(child)) how(child);
    while (isRunning(child) && Date.now() < deadline) await sleep(20);
    killGroup(child);
    while (!(await isPortFree(port)) && Date.now() < deadline) await sleep(20);
  }

  const killNow = () => killGroup(child);
  process.once("exit", killNow);

  const server: Server = {
    url,
    get pid() {
      return pidOf(child);
    },
    async stop() {
      await end((running) => running.kill("SIGTERM"));
      process.off("exit", killNow);
      if (options.state === undefined) rmSync(state, { recursive: true, force: true, maxRetries: 10 });
    },
    kill9: () => end(killGroup),
    async restart() {
      await end((running) => running.kill("SIGTERM"));
      child = boot();
      await ready(url, child, server.logs);
    },
    logs: () => log,
  };

  await ready(url, child, server.logs).catch(async (error) => {
    await server.stop();
    throw error;
  });
  return server;
}

async function ready(url: string, child: ChildProcess, logs: () => string): Promise<void> {
  const deadline = Date.now() + startDeadline;
  while (Date.now() < deadline && isRunning(child)) {
    const body = await new Rest(url).get("/health").then(
      ({ raw }) => raw,
      () => "",
    );
    if (body === '{"status":"ok"}') return;
    await sleep(50);
  }
  throw new Error(`The server ${isRunning(child) ? "is not healthy" : "has ended"}. Its log:\n${logs()}`);
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error("the server could not be started at all");
  return child.pid;
}

function killGroup(child: ChildProcess): void {
  const pid = pidOf(child);
  if (isWindows) {
    spawnSync("taskkill", ["/pid", String(pid), "/t", "/f"]);
    return;
  }
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // No process of the group is left.
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("a TCP socket has an address and a port");
  return address.port;
}
