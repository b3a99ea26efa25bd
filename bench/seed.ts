import { scryptSync } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../scripts/wrangler.ts";
import { Connection } from "./client/http.ts";
import type { Server } from "./servers.ts";

const PASSWORD = "password";
/**
 * scrypt of PASSWORD at the least cost there is: a PHC string carries its own, and the real one would take
 * a quarter of a second a login.
 */
const CHEAP_HASH = "$scrypt$ln=1,r=1,p=1$c2VlZHNlZWRzZWVkc2VlZA$";

export interface Person {
  readonly id: string;
  readonly token: string;
}

/** Puts users straight into D1 and signs those who need it in through the real route. */
export async function seedPeople(
  server: Server,
  names: readonly string[],
  signedIn: readonly string[] = names,
): Promise<Person[]> {
  await migrate(server);
  await insertUsers(server, names);
  return signIn(server, signedIn);
}

async function migrate(server: Server): Promise<void> {
  const folder = join(root, "migrations");
  const files = (await readdir(folder)).filter((file) => file.endsWith(".sql")).sort();
  for (const file of files) {
    const text = await readFile(join(folder, file), "utf8");
    const statements = text.split("--> statement-breakpoint").map((query) => ({ query, params: [] }));
    await server.sql(statements);
  }
}

async function insertUsers(server: Server, names: readonly string[]): Promise<void> {
  const hash = CHEAP_HASH + cheapKey();
  const query = `INSERT INTO users (user_id, nickname, password_hash, created_at)
    SELECT value, 'Nickname ' || value, ?, 1700000000000 FROM json_each(?)`;
  await server.sql([{ query, params: [hash, JSON.stringify(names)] }]);
}

function cheapKey(): string {
  const key = scryptSync(PASSWORD, "seedseedseedseed", 32, { N: 2, r: 1, p: 1 });
  return key.toString("base64").replaceAll("=", "");
}

async function signIn(server: Server, names: readonly string[]): Promise<Person[]> {
  const queue = [...names.entries()];
  const people: Person[] = [];
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      const rest = new Rest(server.url);
      for (let next = queue.pop(); next; next = queue.pop()) {
        const [index, id] = next;
        const { token } = await rest.post<{ token: string }>("/auth/login", {
          user_id: id,
          password: PASSWORD,
          platform_id: 5,
        });
        people[index] = { id, token };
      }
      rest.close();
    }),
  );
  return people;
}

/** JSON in and out on one connection, for what is not measured. */
export class Rest {
  readonly #connection: Connection;
  readonly #headers: string;

  constructor(url: URL, token?: string) {
    this.#connection = new Connection(url);
    this.#headers = jsonHeaders(token);
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return this.#data(await this.#connection.request("POST", path, this.#headers, JSON.stringify(body)));
  }

  async get<T>(path: string): Promise<T> {
    return this.#data(await this.#connection.request("GET", path, this.#headers));
  }

  close(): void {
    this.#connection.close();
  }

  #data<T>({ status, body }: { status: number; body: Buffer }): T {
    if (status !== 200) throw new Error(`${status}: ${body.toString()}`);
    return JSON.parse(body.toString()).data;
  }
}

export function jsonHeaders(token?: string): string {
  return `Content-Type: application/json\r\n${token === undefined ? "" : `Authorization: Bearer ${token}\r\n`}`;
}
