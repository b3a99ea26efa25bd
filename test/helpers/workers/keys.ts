import { env } from "cloudflare:workers";
import { keyCommand } from "../../../scripts/admin-key-steps.ts";
import { type Answer, call } from "./api.ts";

/** A key of the server API, made as the command line makes it. */
export class Key {
  readonly token: string;

  constructor(token: string) {
    this.token = token;
  }

  get id(): string {
    return this.token.slice(4, 16);
  }

  get<T = unknown>(path: string, query: Record<string, string | number | undefined> = {}): Promise<Answer<T>> {
    return call<T>("GET", path, { token: this.token, query });
  }

  post<T = unknown>(path: string, body: unknown = {}): Promise<Answer<T>> {
    return call<T>("POST", path, { token: this.token, body });
  }

  put<T = unknown>(path: string, body: unknown = {}): Promise<Answer<T>> {
    return call<T>("PUT", path, { token: this.token, body });
  }
}

export async function makeKey(scope: string): Promise<Key> {
  const { sql, say } = keyCommand({ scope, note: "it's a test" }, Date.now());
  await env.DB.prepare(sql).run();
  return new Key(say([]).split("\n")[0] ?? "");
}

export async function revokeKey(key: Key): Promise<void> {
  await env.DB.prepare(keyCommand({ revoke: key.id }, Date.now()).sql).run();
}
