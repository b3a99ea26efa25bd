import { afterAll, beforeAll } from "vitest";
import { Rest } from "./rest.ts";
import { type Server, startServer } from "./server.ts";

/** What a test file has of its server; read it inside tests, when the server is up. */
export type Suite = { readonly server: Server; readonly rest: Rest; readonly url: string };

/** A fresh server for this test file, with these settings. */
export function useServer(vars: Record<string, string> = {}): Suite {
  let server: Server | undefined;
  beforeAll(async () => {
    // A secret of its own: files that start at once on a fresh checkout must not race for a shared one.
    server = await startServer({ vars: { JWT_SECRET: crypto.randomUUID(), ...vars } });
  });
  afterAll(() => server?.stop());
  const running = (): Server => {
    if (!server) throw new Error("the server is not up yet: use it inside a test");
    return server;
  };
  return {
    get server() {
      return running();
    },
    get rest() {
      return new Rest(running().url);
    },
    get url() {
      return running().url;
    },
  };
}

/** 1, 2, … n. */
export function upTo(n: number): number[] {
  return Array.from({ length: n }, (_, index) => index + 1);
}
