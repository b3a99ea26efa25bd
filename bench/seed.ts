import { scryptSync } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "../scripts/wrangler.ts";
import { type Api, createApi, Platform } from "../src/client/index.ts";
import { Connection } from "./client/connection.ts";
import type { Server } from "./servers.ts";

const PASSWORD = "password";
/**
 * scrypt of PASSWORD with the lowest cost: a PHC string carries its cost, and the real one would take a quarter of a
 * second for each login.
 */
const CHEAP_HASH = "$scrypt$ln=1,r=1,p=1$c2VlZHNlZWRzZWVkc2VlZA$";

export interface Person {
  readonly id: string;
  readonly token: string;
}

/** Inserts users directly into D1, and signs in the users that need it through the real route. */
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
      const { api, close } = apiOf(server);
      for (let next = queue.pop(); next; next = queue.pop()) {
        const [index, id] = next;
        const { token } = await api.auth.login({ user_id: id, password: PASSWORD, platform_id: Platform.WEB });
        people[index] = { id, token };
      }
      close();
    }),
  );
  return people;
}

/** The SDK's routes, on the server or on a floor, over one connection. */
export function apiOf({ url }: Pick<Server, "url">, token?: string): { api: Api; close: () => void } {
  const connection = new Connection(url);
  return {
    api: createApi({ url: url.origin, token, fetch: connection.fetch }),
    close: () => connection.close(),
  };
}
