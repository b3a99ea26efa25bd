import { randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import postgres from "postgres";
import { pause } from "../runner.ts";
import { folderFor, freePort, Program } from "./programs.ts";

const USER = "bench";
/** Where Debian puts each version. */
const VERSIONS = "/usr/lib/postgresql";

/** A PostgreSQL of its own with Debian's settings: fsync on, an answer to COMMIT once the log is on the disk. */
export interface Database {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly url: string;
  readonly version: string;
  run(sql: string): Promise<void>;
  stop(): Promise<void>;
}

/** The folder with its programs, if it is installed. */
export function findPostgres(): string | undefined {
  if (!existsSync(VERSIONS)) return undefined;
  const folders = readdirSync(VERSIONS).map((version) => join(VERSIONS, version, "bin"));
  return folders.find((folder) => existsSync(join(folder, "initdb")));
}

export async function startPostgres(programs: string, path: string): Promise<Database> {
  const folder = await folderFor(path);
  const password = randomBytes(16).toString("hex");
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, password);
  await chmod(passwordFile, 0o644);
  const data = join(folder, "data");
  const init = ["-D", data, "-U", USER, "-A", "scram-sha-256", `--pwfile=${passwordFile}`, "-E", "UTF8", "--locale=C"];
  await new Program(join(programs, "initdb"), init, { folder }).finish();
  const port = await freePort();
  const args = ["-D", data, "-p", String(port), "-h", "127.0.0.1", "-k", folder];
  // SIGINT is its fast shutdown; SIGTERM would wait for its clients.
  const program = new Program(join(programs, "postgres"), args, { folder, stopBy: "SIGINT" });
  await program.listens(port);
  const url = `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`;
  const sql = await connected(url);
  const [row] = await sql<{ server_version: string }[]>`SHOW server_version`;
  return {
    port,
    user: USER,
    password,
    url,
    version: `PostgreSQL ${row?.server_version}`,
    run: async (text) => {
      await sql.unsafe(text);
    },
    stop: async () => {
      await sql.end();
      await program.stop();
    },
  };
}

/** It listens some time before it lets anybody in. */
async function connected(url: string): Promise<postgres.Sql> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  for (let tries = 100; ; tries--) {
    try {
      await sql`SELECT 1`;
      return sql;
    } catch (error) {
      const isStarting = error instanceof postgres.PostgresError && error.code === "57P03";
      if (!isStarting || tries === 0) throw error;
      await pause(100);
    }
  }
}
