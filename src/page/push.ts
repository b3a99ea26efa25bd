import { useEffect } from "preact/hooks";
import type { Client, PushPrivacy } from "../client/index.ts";
import { isPageLookedAt } from "./attention.ts";
import { hasNotifications, privacy } from "./bell.ts";
import { useClient } from "./context.ts";
import { useLanguage } from "./i18n/index.ts";
import { isPushed } from "./pushed.ts";
import { useView } from "./store.ts";

const ATTENTION = ["focus", "blur", "visibilitychange"];

/**
 * While notifications are switched on, the server pushes them to this browser, also when the page is closed. The page
 * registers at each start, since the browser may have a new subscription by then.
 */
export function usePush(): void {
  const client = useClient();
  const { language } = useLanguage();
  const isOn = useView(hasNotifications);
  const shown = useView(privacy);
  const isOnline = useView(client.connection).status === "online";
  useEffect(() => {
    if (isOn && isOnline) void register(client, shown, language);
    if (!isOn && isPushed.getSnapshot()) void unregister(client);
  }, [client, isOn, isOnline, shown, language]);
  useEffect(() => {
    const follow = () => client.push.background(!isPageLookedAt());
    follow();
    for (const type of ATTENTION) addEventListener(type, follow);
    return () => {
      for (const type of ATTENTION) removeEventListener(type, follow);
    };
  }, [client]);
}

/** Without a push service (some browsers have none), the page shows notifications itself while it is open. */
async function register(client: Client, shown: PushPrivacy, lang: string): Promise<void> {
  try {
    const worker = await navigator.serviceWorker?.getRegistration();
    if (!worker?.pushManager) return;
    await client.push.register({ worker, privacy: shown, lang });
    // It may have been switched off meanwhile.
    if (hasNotifications.getSnapshot()) isPushed.set(true);
    else await unregister(client);
  } catch {
    isPushed.set(false);
  }
}

async function unregister(client: Client): Promise<void> {
  isPushed.set(false);
  await client.push.unregister(await navigator.serviceWorker?.getRegistration()).catch(() => undefined);
}
