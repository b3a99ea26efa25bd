import { join } from "node:path";
import { root } from "../../../scripts/wrangler.ts";
import { Connection } from "../../client/connection.ts";
import { findPostgres, startPostgres } from "../postgres.ts";
import { folderFor, freePort, Program } from "../programs.ts";
import { findRedis, startRedis } from "../redis.ts";
import { PASSWORD, PEOPLE, type Peer, Started } from "../system.ts";
import { ReferenceEnd } from "./client.ts";

export interface ReferencePrograms {
  readonly postgres: string;
  readonly redis: string;
}

/** Where the programs are that it needs, or which package is missing. */
export function findReference(): ReferencePrograms | { readonly missing: string } {
  const postgres = findPostgres();
  if (postgres === undefined) return { missing: "postgresql" };
  const redis = findRedis();
  return redis === undefined ? { missing: "redis-server" } : { postgres, redis };
}

/** Starts the reference server with a PostgreSQL and a Redis of its own. */
export async function startReference(found: ReferencePrograms, path: string): Promise<Peer> {
  const started = new Started();
  try {
    const folder = await folderFor(path);
    const database = started.add(await startPostgres(found.postgres, join(path, "postgres")));
    const redis = started.add(await startRedis(found.redis, join(path, "redis")));
    const port = await freePort();
    const env = {
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      JWT_SECRET: "a secret for the bench alone, 32+ bytes",
      SEED: JSON.stringify({ users: PEOPLE, password: PASSWORD }),
      PORT: String(port),
    };
    const script = join(root, "bench", "peers", "reference", "server.ts");
    const program = started.add(new Program(process.execPath, [script], { folder, env, keepRights: true }));
    await program.listens(port);
    const versions = `Node ${process.versions.node}, ${database.version}, ${redis.version}`;
    return systemOf(new URL(`http://127.0.0.1:${port}`), versions, started);
  } catch (error) {
    await started.stop();
    throw error;
  }
}

function systemOf(url: URL, versions: string, started: Started): Peer {
  const signIn = async (user: string) => (await ask(url, "/login", { user_id: user, password: PASSWORD })).token ?? "";
  return {
    name: "Node",
    versions,
    url,
    durability:
      "a text is answered once it is committed in PostgreSQL, with fsync, under a seq of its conversation. Redis stores " +
      "nothing: what it has not delivered when it stops, no socket gets. Retries are recognised.",
    chat: async (members) => {
      const token = await signIn(members[0] ?? "");
      const { conversation_id = "" } = await ask(url, "/conversations", { members }, token);
      return { enter: async (member) => ReferenceEnd.open(url, await signIn(member), conversation_id) };
    },
    stop: () => started.stop(),
  };
}

/** On a connection of its own each time, since Node closes idle ones. */
async function ask(url: URL, path: string, body: object, token = ""): Promise<Record<string, string>> {
  const connection = new Connection(url);
  try {
    const headers = { Authorization: `Bearer ${token}` };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const { status, text } = await connection.fetch(url.origin + path, init);
    if (status !== 200) throw new Error(`${path} was answered ${status}`);
    return JSON.parse(await text());
  } finally {
    connection.close();
  }
}
