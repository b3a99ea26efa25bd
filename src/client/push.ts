import { Code } from "../protocol/codes.ts";
import { Request } from "../protocol/frames.ts";
import { toBase64Url } from "../protocol/ids.ts";
import type { PushPrivacy } from "../protocol/push-model.ts";
import type { PushRegisterRequest } from "../protocol/requests.ts";
import type { Api } from "./api.ts";
import type { FrameSocket } from "./connection/frame-socket.ts";
import { NexoClientError } from "./errors.ts";

/** The part of a browser's `PushSubscription` that the SDK needs. */
export interface BrowserSubscription {
  readonly options?: { readonly applicationServerKey: ArrayBuffer | null };
  toJSON(): { endpoint?: string; keys?: Record<string, string> };
  unsubscribe(): Promise<boolean>;
}

/** The part of a browser's `ServiceWorkerRegistration` that the SDK needs. */
export interface PushWorker {
  readonly pushManager: {
    getSubscription(): Promise<BrowserSubscription | null>;
    subscribe(options: { userVisibleOnly: boolean; applicationServerKey: string }): Promise<BrowserSubscription>;
  };
}

/** A browser, by its service worker. */
export interface BrowserDevice {
  readonly worker: PushWorker;
  /** What notifications show; `full` if absent. */
  readonly privacy?: PushPrivacy | undefined;
  /** The language of their texts, as in `navigator.language`. */
  readonly lang?: string | undefined;
}

/** Push notifications to this device. They end with the login: register again after each sign-in. */
export interface ClientPush {
  /**
   * Registers this device. For a browser, it takes the service worker, which gets the pushes: the user must have
   * allowed notifications. Registering again is cheap, so do it at each start: the browser may have a new subscription.
   * @throws NexoClientError if the server does not have this kind of push, or the browser gives no subscription
   *
   * @example
   * const worker = await navigator.serviceWorker.ready;
   * await client.push.register({ worker, lang: navigator.language });
   * @example await client.push.register({ kind: "fcm", token });
   */
  register(device: BrowserDevice | PushRegisterRequest): Promise<{ device_id: string }>;

  /**
   * Removes all devices of this login. With the service worker, the browser's subscription ends, too, even if the
   * server cannot be reached.
   */
  unregister(worker?: PushWorker): Promise<void>;

  /**
   * Says whether nobody is looking at this client: while that is so, its device gets notifications although it is
   * connected. @example document.addEventListener("visibilitychange", () => client.push.background(document.hidden));
   */
  background(isBackground: boolean): void;
}

/** The push notifications of a client. */
export class Push implements ClientPush {
  readonly #api: Api;
  readonly #channel: () => FrameSocket | null;
  #isBackground = false;

  /** @param channel the user's socket */
  constructor(api: Api, channel: () => FrameSocket | null) {
    this.#api = api;
    this.#channel = channel;
  }

  async register(device: BrowserDevice | PushRegisterRequest): Promise<{ device_id: string }> {
    if (!("worker" in device)) return await this.#api.push.register(device);
    const { worker, privacy, lang } = device;
    const { endpoint = "", keys = {} } = (await this.#subscription(worker)).toJSON();
    const { p256dh = "", auth = "" } = keys;
    return await this.#api.push.register({ kind: "webpush", endpoint, keys: { p256dh, auth }, privacy, lang });
  }

  async unregister(worker?: PushWorker): Promise<void> {
    const subscription = await worker?.pushManager.getSubscription();
    await subscription?.unsubscribe();
    await this.#api.push.unregister();
  }

  background(isBackground: boolean): void {
    if (isBackground === this.#isBackground) return;
    this.#isBackground = isBackground;
    this.#tell();
  }

  /** A new socket counts as in front. */
  opened(): void {
    if (this.#isBackground) this.#tell();
  }

  #tell(): void {
    // A server of an older release does not know the frame.
    this.#channel()
      ?.request(Request.BACKGROUND, { background: this.#isBackground })
      .catch(() => undefined);
  }

  /** The browser's subscription with the server's key. */
  async #subscription({ pushManager }: PushWorker): Promise<BrowserSubscription> {
    const { public_key } = await this.#api.push.key();
    if (public_key === "") throw refused("the server has no Web Push");
    try {
      const known = await pushManager.getSubscription();
      if (known && isFor(known, public_key)) return known;
      // A browser refuses a second subscription with another key.
      await known?.unsubscribe();
      return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: public_key });
    } catch (error) {
      throw refused(`the browser gives no subscription: ${error}`);
    }
  }
}

function isFor({ options }: BrowserSubscription, publicKey: string): boolean {
  const key = options?.applicationServerKey;
  return key ? toBase64Url(new Uint8Array(key)) === publicKey : false;
}

function refused(message: string): NexoClientError {
  return new NexoClientError(Code.NOT_FOUND, message, { retryable: false });
}
