import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { newKey } from "../scripts/admin-key-steps.ts";
import { root } from "../scripts/wrangler.ts";
import { type Api, createApi, Platform } from "../src/client/index.ts";
import { Connection } from "./client/connection.ts";
import type { Server } from "./servers.ts";

export interface Person {
  readonly id: string;
  readonly token: string;
}

/** Inserts users directly into D1, and signs in the users that need it through a real route. */
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
  const query = `INSERT INTO users (user_id, nickname, password_hash, created_at)
    SELECT value, 'Nickname ' || value, '', 1700000000000 FROM json_each(?)`;
  await server.sql([{ query, params: [JSON.stringify(names)] }]);
}

/** By the server API: checking a password would take a quarter of a second for each. */
async function signIn(server: Server, names: readonly string[]): Promise<Person[]> {
  const { key, sql } = newKey(["users"], "bench", Date.now());
  await server.sql([{ query: sql, params: [] }]);
  const queue = [...names.entries()];
  const people: Person[] = [];
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      const connection = new Connection(server.url);
      for (let next = queue.pop(); next; next = queue.pop()) {
        const [index, id] = next;
        const response = await connection.fetch(new URL("/admin/tokens", server.url).href, {
          method: "POST",
          headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
          body: JSON.stringify({ user_id: id, platform_id: Platform.WEB }),
        });
        const { data } = JSON.parse(await response.text());
        people[index] = { id, token: data.token };
      }
      connection.close();
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
