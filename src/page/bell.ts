import type { PushPrivacy } from "../client/index.ts";
import { isPageLookedAt } from "./attention.ts";
import { keep, readKept } from "./kept.ts";
import { isPushed } from "./pushed.ts";
import { linkTo, openChat } from "./route.ts";
import { Store } from "./store.ts";

const SOUND = "nexo-im/sound";
const NOTIFICATIONS = "nexo-im/notifications";
const PRIVACY = "nexo-im/notification-privacy";

/** The settings that the user has switched on in this browser. */
export const hasSound = new Store(readKept(SOUND) === "on");
export const hasNotifications = new Store(readKept(NOTIFICATIONS) === "on" && permission() === "granted");
/** What notifications show. */
export const privacy = new Store<PushPrivacy>(privacyIn(readKept(PRIVACY)));

function privacyIn(kept: string | null): PushPrivacy {
  return kept === "name" || kept === "none" ? kept : "full";
}

export function choosePrivacy(chosen: PushPrivacy): void {
  keep(PRIVACY, chosen);
  privacy.set(chosen);
}

/** Only the first of all tabs rings; where locks are not available, each tab does. */
let isFirst = !("locks" in navigator);
if (!isFirst) {
  navigator.locks
    .request("nexo-im/bell", () => {
      isFirst = true;
      // The lock is held until the tab is closed.
      return new Promise<never>(() => undefined);
    })
    .catch(() => undefined);
}

const ATTENTION = "nexo-im/attention";
let lookAway: (() => void) | undefined;

/** The tab being viewed holds a lock, so that the tab that rings knows that no notification is needed. */
function followAttention(): void {
  if (!("locks" in navigator)) return;
  if (!isPageLookedAt()) {
    lookAway?.();
    lookAway = undefined;
    return;
  }
  if (lookAway) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  lookAway = resolve;
  navigator.locks.request(ATTENTION, { mode: "shared" }, () => promise).catch(() => undefined);
}

for (const type of ["focus", "blur", "visibilitychange"]) addEventListener(type, followAttention);
followAttention();

async function isLookedAt(): Promise<boolean> {
  if (isPageLookedAt()) return true;
  const { held = [] } = "locks" in navigator ? await navigator.locks.query() : {};
  return held.some(({ name }) => name === ATTENTION);
}

function permission(): NotificationPermission | "none" {
  return "Notification" in globalThis ? Notification.permission : "none";
}

/** Whether the browser allows this site to show notifications at all. */
export function mayNotify(): boolean {
  return permission() === "granted" || permission() === "default";
}

export function switchSound(isOn: boolean): void {
  keep(SOUND, isOn ? "on" : "off");
  hasSound.set(isOn);
  // The sound confirms that it is on; and browsers let a page play sound only after a click.
  if (isOn) sound();
}

/** Requests the permission for notifications, if it was not given yet. */
export async function switchNotifications(isOn: boolean): Promise<void> {
  const isGranted = isOn && (await Notification.requestPermission()) === "granted";
  keep(NOTIFICATIONS, isGranted ? "on" : "off");
  hasNotifications.set(isGranted);
}

/**
 * Signals a message to a user who is not viewing the page. Where the server pushes, the service worker shows it.
 * @param count says that there is a new message, for a notification that may show no more
 */
export async function ring(title: string, body: string, count: string, conversationId: string): Promise<void> {
  if (!isFirst || (await isLookedAt())) return;
  if (hasSound.getSnapshot()) sound();
  if (!hasNotifications.getSnapshot() || isPushed.getSnapshot()) return;
  const shown = privacy.getSnapshot();
  if (shown === "none") await notify(count, "", conversationId);
  else await notify(title, shown === "full" ? body : count, conversationId);
}

async function notify(title: string, body: string, tag: string): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  if (registration?.active) {
    await registration.showNotification(title, { body, tag, data: { link: linkTo(tag), seq: 0 } });
    return;
  }
  const notification = new Notification(title, { body, tag });
  notification.onclick = () => {
    window.focus();
    openChat(tag);
  };
}

let audio: AudioContext | undefined;

/** Two short tones; generated here, since the page's policy does not allow it to load sounds. */
function sound(): void {
  audio ??= new AudioContext();
  audio.resume().catch(() => undefined);
  for (const [at, frequency] of [
    [0, 660],
    [0.12, 880],
  ] as const) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const start = audio.currentTime + at;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.08, start);
    volume.gain.exponentialRampToValueAtTime(0.001, start + 0.2);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + 0.2);
  }
}
