import type { InboxContext } from "../../core/inbox.ts";
import { randomId } from "../../protocol/ids.ts";
import type { PushRegistration } from "../../protocol/push.ts";
import type { Device, PushStore } from "./store.ts";

/** A device whose login is valid, with the platform of that login. */
export interface LiveDevice extends Device {
  readonly platform_id: number;
}

/** The devices of the user's logins, one of each kind for a login. A device ends with its login. [NOTIFY-4] */
export class Devices {
  readonly #logins: InboxContext["logins"];
  readonly #store: PushStore;
  readonly #devices: Map<string, Device>;

  constructor(logins: InboxContext["logins"], store: PushStore) {
    this.#logins = logins;
    this.#store = store;
    this.#devices = new Map(store.devices().map((device) => [keyOf(device), device]));
  }

  get isEmpty(): boolean {
    return this.#devices.size === 0;
  }

  /** The devices that may get notifications now. */
  live(): LiveDevice[] {
    this.prune();
    const now = Date.now();
    return [...this.#devices.values()].flatMap((device) => {
      const platform_id = this.#logins.platformOf(device.login_id, now);
      return platform_id === undefined ? [] : [{ ...device, platform_id }];
    });
  }

  /** Whether a device is still registered as it was. */
  has(device: Device): boolean {
    return this.#devices.get(keyOf(device))?.device_id === device.device_id;
  }

  /** Registers the login's device of a kind. A repeat changes nothing. @returns its id */
  put(loginId: string, given: PushRegistration, site: string): string {
    this.prune();
    const { kind, privacy, lang } = given;
    const known = this.#devices.get(keyOf({ login_id: loginId, kind }));
    const token = given.kind === "webpush" ? given.endpoint : given.token;
    const isSame = known?.token === token;
    const device: Device = {
      login_id: loginId,
      kind,
      device_id: isSame ? known.device_id : randomId(),
      token,
      details: detailsOf(given),
      privacy,
      lang,
      site,
    };
    if (JSON.stringify(device) === JSON.stringify(known)) return device.device_id;
    this.#store.putDevice(device);
    this.#devices.set(keyOf(device), device);
    return device.device_id;
  }

  /** @param deviceId undefined for all devices of the login */
  remove(loginId: string, deviceId: string | undefined): void {
    for (const device of [...this.#devices.values()]) {
      const isMeant = deviceId === undefined || device.device_id === deviceId;
      if (device.login_id === loginId && isMeant) this.drop(device);
    }
  }

  drop(device: Device): void {
    if (!this.has(device)) return;
    this.#store.deleteDevice(device);
    this.#devices.delete(keyOf(device));
  }

  /** Drops the devices of logins that ended or expired. */
  prune(): void {
    const now = Date.now();
    for (const device of [...this.#devices.values()]) {
      if (this.#logins.platformOf(device.login_id, now) === undefined) this.drop(device);
    }
  }
}

function keyOf({ login_id, kind }: Pick<Device, "login_id" | "kind">): string {
  return `${kind} ${login_id}`;
}

function detailsOf(given: PushRegistration): string {
  if (given.kind === "webpush") return JSON.stringify({ p256dh: given.keys.p256dh, auth: given.keys.auth });
  return given.kind === "hook" ? JSON.stringify({ service: given.service }) : "{}";
}
