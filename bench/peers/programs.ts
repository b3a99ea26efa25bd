import { type ChildProcess, spawn } from "node:child_process";
import { chown, mkdir } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { pause } from "../runner.ts";

/** Seconds that a program may take to listen, or to end. */
const PATIENCE = 60;
/** PostgreSQL refuses to run as root, so what is started by root runs as nobody. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

const running = new Set<Program>();
process.on("exit", () => {
  for (const program of running) program.kill();
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

interface Options {
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the program in good order. */
  readonly stopBy?: NodeJS.Signals;
  /** For a program of this project, whose folder may be closed to others. */
  readonly keepRights?: boolean;
}

/** A program that runs beside the bench, in a folder that it may write to. It does not outlive this process. */
export class Program {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #stopBy: NodeJS.Signals;
  readonly #ended: Promise<number>;
  #isOver = false;
  #said = "";

  constructor(
    command: string,
    args: readonly string[],
    { folder, env = {}, stopBy = "SIGTERM", keepRights = false }: Options,
  ) {
    this.#name = command;
    this.#stopBy = stopBy;
    this.#child = spawn(command, args, {
      ...(keepRights ? {} : NOBODY),
      cwd: folder,
      env: { PATH: process.env.PATH ?? "", LANG: "C.UTF-8", HOME: folder, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#said = (this.#said + text).slice(-4_000);
      });
    }
    running.add(this);
    this.#ended = new Promise((resolve) => {
      const end = (code: number) => {
        this.#isOver = true;
        running.delete(this);
        resolve(code);
      };
      this.#child.on("error", (error) => {
        this.#said += error.message;
        end(1);
      });
      this.#child.on("close", (code) => end(code ?? 1));
    });
  }

  /** Waits until it has done its work. @returns what it said, or the end of that. */
  async finish(): Promise<string> {
    if ((await this.#ended) !== 0) throw this.#failure("failed");
    return this.#said;
  }

  /** Waits until it listens there. */
  async listens(port: number): Promise<void> {
    const deadline = Date.now() + PATIENCE * 1_000;
    while (!(await answers(port))) {
      if (this.#isOver) throw this.#failure("ended before it listened");
      if (Date.now() > deadline) throw this.#failure("does not listen");
      await pause(50);
    }
  }

  async stop(): Promise<void> {
    this.#child.kill(this.#stopBy);
    const timer = setTimeout(() => this.kill(), PATIENCE * 1_000);
    await this.#ended;
    clearTimeout(timer);
  }

  kill(): void {
    // PostgreSQL takes its children with it at SIGQUIT, but not at SIGKILL.
    this.#child.kill("SIGQUIT");
  }

  #failure(what: string): Error {
    return new Error(`${this.#name} ${what}:\n${this.#said}`);
  }
}

/** Makes a folder that a program may write to. */
export async function folderFor(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  if (NOBODY.uid !== undefined) await chown(path, NOBODY.uid, NOBODY.gid);
  return path;
}

/** A port of the loopback that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
