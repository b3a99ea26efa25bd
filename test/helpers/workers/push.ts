import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { pushPayload } from "../../../src/protocol/push-answers.ts";
import type { PushPayload } from "../../../src/protocol/push-model.ts";
import { decrypt, type Subscription, subscribe, verifyVapid } from "../push-client.ts";
import type { Received } from "../push-services.ts";
import { ok } from "./api.ts";
import { eventually } from "./objects.ts";
import type { Person } from "./people.ts";

const HOST = "https://fcm.googleapis.com";

/** What the fake services received for a device, or for another name. */
export async function receivedBy(name: string): Promise<Received[]> {
  return await (await fetch(`https://received.test/${encodeURIComponent(name)}`)).json();
}

/** A browser that gets pushes from a fake push service. */
export class Browser {
  readonly name: string;
  readonly subscription: Subscription;

  constructor(name: string, subscription: Subscription) {
    this.name = name;
    this.subscription = subscription;
  }

  get endpoint(): string {
    return `${HOST}/send/${encodeURIComponent(this.name)}`;
  }

  get registration() {
    return { kind: "webpush", endpoint: this.endpoint, keys: this.subscription.keys };
  }

  /** What has arrived so far, as the service worker gets it. Each signature is verified. */
  async pushes(): Promise<PushPayload[]> {
    const received = await receivedBy(this.name);
    return await Promise.all(
      received.map(async ({ headers, body }) => {
        await verifyVapid(headers.authorization ?? "", env.VAPID_PUBLIC_KEY ?? "", HOST);
        const text = await decrypt(this.subscription, new Uint8Array(Buffer.from(body, "base64")));
        return pushPayload.parse(JSON.parse(text)) as PushPayload;
      }),
    );
  }

  /** Waits until this many pushes have arrived. */
  async gets(count: number, timeout?: number): Promise<PushPayload[]> {
    return await eventually(async () => {
      const pushes = await this.pushes();
      expect(pushes.length, `pushes to ${this.name}`).toBe(count);
      return pushes;
    }, timeout);
  }
}

/**
 * A browser that a user allows to notify. Its name is its own, since test files that run at once share the services.
 * @param how what its push service does, as in FakeServices
 */
export async function browserOf(
  person: Person,
  how = "works",
  options: Readonly<Record<string, unknown>> = {},
): Promise<Browser> {
  const browser = new Browser(`${how}~${crypto.randomUUID()}`, await subscribe());
  ok(await person.post("/push/register", { ...browser.registration, ...options }));
  return browser;
}
