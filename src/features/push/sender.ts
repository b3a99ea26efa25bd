import type { Metrics } from "../../durable/metrics.ts";
import { detailOf, log } from "../../log.ts";
import { toBase64Url } from "../../protocol/ids.ts";
import type { PushPayload } from "../../protocol/push-model.ts";
import type { Answer, Channels, Push } from "./channel.ts";
import type { Devices } from "./devices.ts";
import type { Device } from "./store.ts";

/** A notification for a device. */
export interface Outgoing {
  readonly device: Device;
  readonly payload: PushPayload;
  /** The conversation's change number of messages when it was written. */
  readonly rev: number;
}

/** Requests to push services that an inbox has open at a time. The platform allows six in an invocation. [MEM-1] */
const AT_ONCE = 4;
/** The pause before the only retry, in seconds: what the service asks for, within these bounds. */
const PAUSE = { least: 1, most: 5 };
/** Topics of Web Push have at most 32 characters (RFC 8030, section 5.4). */
const TOPIC_CHARACTERS = 32;

/** What the services say when a device no longer exists. */
const GONE: ReadonlySet<number> = new Set([404, 410]);

export interface SenderParts {
  readonly userId: string;
  readonly devices: Devices;
  readonly channels: Channels;
  readonly metrics: Metrics;
}

/** Sends notifications, retries once, and drops devices that no longer exist. [NOTIFY-7] */
export class Sender {
  readonly #parts: SenderParts;

  constructor(parts: SenderParts) {
    this.#parts = parts;
  }

  /** Takes a bounded time and does not reject. */
  async send(all: readonly Outgoing[]): Promise<void> {
    const rest = [...all];
    const worker = async () => {
      for (let next = rest.shift(); next; next = rest.shift()) await this.#send(next);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    this.#parts.metrics.flush();
  }

  async #send({ device, payload, rev }: Outgoing): Promise<void> {
    const { devices, metrics, userId } = this.#parts;
    try {
      const push = { payload, rev, topic: await topicOf(device, payload.conversation_id) };
      let answer = await this.#try(device, push);
      if (answer.isRetryable) {
        await scheduler.wait(1_000 * Math.min(Math.max(answer.retryAfter, PAUSE.least), PAUSE.most));
        // The login may have ended meanwhile.
        if (devices.has(device)) answer = await this.#try(device, push);
      }
      const { status } = answer;
      if (status >= 200 && status < 300) return metrics.add("pushes_sent");
      metrics.add("pushes_failed", 1, status);
      if (GONE.has(status)) devices.drop(device);
      else log("warn", "push_failed", { user: userId, kind: device.kind, host: hostOf(device), status });
    } catch (error) {
      metrics.add("pushes_failed", 1, 0);
      log("error", "push_failed", { user: userId, kind: device.kind, host: hostOf(device), detail: detailOf(error) });
    }
  }

  #try(device: Device, push: Push): Promise<Answer> {
    return this.#parts.channels[device.kind].send(device, push);
  }
}

/** The same for all notifications of a conversation to a device. The device's id is secret, so it reveals nothing. */
async function topicOf({ device_id }: Device, conversationId: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`${device_id} ${conversationId}`));
  return toBase64Url(new Uint8Array(hash)).slice(0, TOPIC_CHARACTERS);
}

/** For the log: the address itself is a secret of the device. */
function hostOf({ kind, token }: Device): string {
  return kind === "webpush" ? new URL(token).host : "";
}
