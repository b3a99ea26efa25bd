import { Store } from "./store.ts";

/** Whether the server pushes notifications to this browser; the page then shows none itself. */
export const isPushed = new Store(false);

/** After a sign-out: ends the browser's subscription without the server, and removes what is shown. [PAGE-4] */
export async function forgetPushes(): Promise<void> {
  isPushed.set(false);
  const worker = await navigator.serviceWorker?.getRegistration();
  for (const notification of (await worker?.getNotifications()) ?? []) notification.close();
  await (await worker?.pushManager?.getSubscription())?.unsubscribe();
}
