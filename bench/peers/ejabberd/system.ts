import { existsSync, readdirSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Database, findPostgres, startPostgres } from "../postgres.ts";
import { folderFor, freePort, Program } from "../programs.ts";
import { PASSWORD, PEOPLE, type Peer, Started } from "../system.ts";
import { HOST, ROOMS, XmppEnd } from "./client.ts";

/** Debian's folders: of the Erlang programs, of ejabberd itself (one for each architecture), of its PostgreSQL driver. */
const ERLANG = "/usr/bin/erl";
const LIBRARIES = "/usr/lib";
const DRIVERS = "/usr/lib/erlang/lib";
const TABLES = "/usr/share/ejabberd/sql/pg.sql";

export interface EjabberdPrograms {
  readonly libraries: string;
  readonly version: string;
  readonly postgres: string;
}

/** Where its programs are, or which package is missing. */
export function findEjabberd(): EjabberdPrograms | { readonly missing: string } {
  const postgres = findPostgres();
  if (postgres === undefined) return { missing: "postgresql" };
  const folders = namesIn(LIBRARIES).map((folder) => join(LIBRARIES, folder));
  const libraries = folders.find((folder) => ejabberdIn(folder) !== undefined) ?? "";
  const version = ejabberdIn(libraries)?.replace("-", " ");
  if (version === undefined || !existsSync(ERLANG) || !existsSync(TABLES)) return { missing: "ejabberd" };
  if (!namesIn(DRIVERS).some((name) => name.startsWith("p1_pgsql-"))) return { missing: "erlang-p1-pgsql" };
  return { libraries, version, postgres };
}

/** Starts ejabberd with an archive in a PostgreSQL of its own. */
export async function startEjabberd(found: EjabberdPrograms, path: string): Promise<Peer> {
  const started = new Started();
  try {
    const folder = await folderFor(path);
    const database = started.add(await startPostgres(found.postgres, join(path, "postgres")));
    await database.run(await readFile(TABLES, "utf8"));
    const users = PEOPLE.map((user) => `('${user}', '${PASSWORD}')`);
    await database.run(`INSERT INTO users (username, password) VALUES ${users.join(", ")}`);
    const port = await freePort();
    const config = join(folder, "ejabberd.yml");
    await writeFile(config, settings(port, database));
    const mnesia = await folderFor(join(folder, "mnesia"));
    // Without -name it is a node by itself: no epmd, no port for other nodes.
    const args = ["-noinput", "-mnesia", "dir", JSON.stringify(mnesia), "-s", "ejabberd"];
    const env = {
      ERL_LIBS: found.libraries,
      EJABBERD_CONFIG_PATH: config,
      EJABBERD_LOG_PATH: join(folder, "ejabberd.log"),
      ERL_CRASH_DUMP: "/dev/null",
    };
    const program = started.add(new Program(ERLANG, args, { folder, env }));
    await program.listens(port);
    const versions = `${found.version}, ${database.version}`;
    return systemOf(new URL(`http://127.0.0.1:${port}`), versions, started);
  } catch (error) {
    await started.stop();
    throw error;
  }
}

function systemOf(url: URL, versions: string, started: Started): Peer {
  let rooms = 0;
  return {
    name: "ejabberd",
    versions,
    url,
    durability:
      "a text of a single chat is answered (XEP-0198) once the sender's archive has it in PostgreSQL, with fsync; the " +
      "receiver's own copy may still be on its way. A room shows a text to its sender once the room's archive has it. " +
      "Retries are not recognised.",
    chat: async (members) => {
      const room = `room-${++rooms}`;
      const isSingle = members.length === 2;
      return {
        enter: (member) => {
          const peer = members.find((other) => other !== member) ?? member;
          return XmppEnd.open(url, member, PASSWORD, isSingle ? { user: peer } : { room });
        },
      };
    },
    stop: () => started.stop(),
  };
}

/** Its usual modules of a chat, the archive on for all, and no limits on rates: the other systems' are lifted, too. */
function settings(port: number, { user, password, port: databasePort }: Database): string {
  return `
hosts: [${HOST}]
loglevel: warning
log_rotate_count: 0
listen:
  - port: ${port}
    ip: 127.0.0.1
    module: ejabberd_http
    request_handlers:
      /ws: ejabberd_http_ws
auth_method: [sql]
auth_password_format: plain
default_db: sql
sql_type: pgsql
sql_server: 127.0.0.1
sql_port: ${databasePort}
sql_database: postgres
sql_username: ${user}
sql_password: "${password}"
modules:
  mod_carboncopy: {}
  mod_disco: {}
  mod_mam:
    default: always
  mod_muc:
    host: ${ROOMS}
    default_room_options:
      mam: true
      persistent: true
  mod_offline: {}
  mod_roster: {}
  mod_stream_mgmt: {}
`;
}

function ejabberdIn(folder: string): string | undefined {
  return namesIn(folder).find((name) => name.startsWith("ejabberd-"));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
