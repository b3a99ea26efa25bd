import { afterAll, beforeAll } from "vitest";
import { Rest } from "./rest.ts";
import { type Server, startServer } from "./server.ts";

/** A test file's server. Read it inside tests, when the server is up. */
export type Suite = { readonly server: Server; readonly rest: Rest; readonly url: string };

/** Starts a new server for this test file, with these settings. */
export function useServer(vars: Record<string, string> = {}): Suite {
  let server: Server | undefined;
  beforeAll(async () => {
    // Each file has its own secret: files that start at the same time on a new checkout must not race to create a
    // shared one.
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
