import { existsSync } from "node:fs";
import { folderFor, freePort, Program } from "./programs.ts";

const SERVER = "/usr/bin/redis-server";

/** The program, if it is installed. */
export function findRedis(): string | undefined {
  return existsSync(SERVER) ? SERVER : undefined;
}

export interface Redis {
  readonly url: string;
  readonly version: string;
  stop(): Promise<void>;
}

/** Starts a Redis that stores nothing: it is there for its channels. */
export async function startRedis(program: string, path: string): Promise<Redis> {
  const folder = await folderFor(path);
  const version = /v=(\S+)/.exec(await new Program(program, ["--version"], { folder }).finish())?.[1];
  const port = await freePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
  const redis = new Program(program, args, { folder });
  await redis.listens(port);
  return { url: `redis://127.0.0.1:${port}`, version: `Redis ${version}`, stop: () => redis.stop() };
}
