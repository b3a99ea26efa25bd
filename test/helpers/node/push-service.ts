import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { decrypt, type Subscription, subscribe, verifyVapid } from "../push-client.ts";
import { freePort } from "./server.ts";

/** A push service on this machine, and the browsers that are subscribed to it: it can read their pushes. */
export class PushService {
  readonly origin: string;
  readonly #port: number;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #listeners = new Map<string, (text: string) => Promise<void>>();
  /** The key of the server that may push. */
  publicKey = "";
  /** The first error of a request that a push service would refuse. */
  error: unknown;

  constructor(port: number) {
    this.#port = port;
    this.origin = `http://127.0.0.1:${port}`;
  }

  static async onFreePort(): Promise<PushService> {
    return new PushService(await freePort());
  }

  /** @returns a function that stops it */
  async start(): Promise<() => Promise<void>> {
    const server = createServer((request, response) => {
      this.#take(request).then(
        () => response.writeHead(201).end(),
        (error) => {
          this.error ??= error;
          response.writeHead(400).end();
        },
      );
    });
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    return async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    };
  }

  /** What `PushSubscription.toJSON()` of a new browser gives. @param listener gets what is pushed to it */
  async subscribe(id: string, listener: (text: string) => Promise<void>) {
    const subscription = await subscribe();
    this.#subscriptions.set(id, subscription);
    this.#listeners.set(id, listener);
    return { endpoint: `${this.origin}/${id}`, expirationTime: null, keys: subscription.keys };
  }

  async #take(request: IncomingMessage): Promise<void> {
    const id = request.url?.slice(1) ?? "";
    const subscription = this.#subscriptions.get(id);
    if (!subscription) throw new Error(`nobody is subscribed as ${id}`);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { authorization = "", "content-encoding": coding, ttl } = request.headers;
    await verifyVapid(authorization, this.publicKey, this.origin);
    if (coding !== "aes128gcm" || !/^\d+$/.test(String(ttl))) throw new Error(`coding ${coding}, TTL ${ttl}`);
    const text = await decrypt(subscription, Buffer.concat(chunks));
    await this.#listeners.get(id)?.(text);
  }
}
