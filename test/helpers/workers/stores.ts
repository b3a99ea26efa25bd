import { env } from "cloudflare:workers";
import { inside } from "./objects.ts";

/**
 * Everything that is stored: each row of D1 and of the named objects, and what R2 has, as texts that say where they are.
 */
export async function everythingStored(people: readonly string[], conversations: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const tables = await env.DB.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all<{ name: string }>();
  for (const { name } of tables.results.filter(({ name }) => !/^(_|sqlite_|d1_)/.test(name))) {
    const { results } = await env.DB.prepare(`SELECT * FROM "${name}"`).all();
    found.push(...results.map((row) => `D1 ${name} ${JSON.stringify(row)}`));
  }
  for (const id of people) found.push(...(await rowsOf(env.INBOX.get(env.INBOX.idFromName(id)), `inbox ${id}`)));
  for (const id of conversations) {
    found.push(...(await rowsOf(env.CONVERSATION.get(env.CONVERSATION.idFromName(id)), `conversation ${id}`)));
  }
  const listed = await env.MEDIA?.list({ include: ["customMetadata"] } as R2ListOptions);
  for (const { key, customMetadata } of listed?.objects ?? []) {
    const body = await (await env.MEDIA?.get(key))?.text();
    found.push(`R2 ${key} ${JSON.stringify(customMetadata)} ${body}`);
  }
  return found;
}

function rowsOf(stub: Parameters<typeof inside>[0], where: string): Promise<string[]> {
  return inside(stub, (_, { storage }) => {
    const tables = storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray();
    return tables
      .filter(({ name }) => !name.startsWith("_"))
      .flatMap(({ name }) =>
        storage.sql
          .exec(`SELECT * FROM "${name}"`)
          .toArray()
          .map((row) => `${where} ${name} ${JSON.stringify(row)}`),
      );
  });
}
