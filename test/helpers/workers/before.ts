import { afterEach, vi } from "vitest";

/** The settings under which the endpoint of `beforeEndpoint` is asked. */
export const ASKING = {
  FLOOD_LIMITS: "off",
  HOOK_BEFORE_URL: "https://app.nexo.chat/before",
  HOOK_BEFORE_SECRET: `whsec_${Buffer.alloc(32, 7).toString("base64")}`,
  HOOK_BEFORE_MS: 500,
} as const;

interface Question {
  type: string;
  data: Record<string, unknown>;
}

export const allow = (): unknown => ({ action: "allow" });

/** An endpoint that is asked before something happens. It allows everything after each test. */
export function beforeEndpoint() {
  const endpoint = {
    asked: [] as Question[],
    /** Answers a question, with JSON or a whole response. */
    decide: allow as (question: Question) => unknown,
    /** Denies what contains a word. */
    deny(word: string, msg = `no ${word} here`) {
      endpoint.decide = ({ data }) => (JSON.stringify(data.content).includes(word) ? { action: "deny", msg } : allow());
    },
  };
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const question = JSON.parse(await new Request(input as string, init as RequestInit).text());
    endpoint.asked.push(question);
    const verdict = await endpoint.decide(question);
    return verdict instanceof Response ? verdict : Response.json(verdict);
  });
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  afterEach(() => {
    endpoint.decide = allow;
    endpoint.asked.length = 0;
  });
  return endpoint;
}
