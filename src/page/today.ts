import { dayAfter } from "./i18n/time.ts";
import { Store, useView } from "./store.ts";

/** How late a new day may be. */
const EVERY = 30_000;

const today = new Store(dayAfter(Date.now(), 0));
const look = () => today.set(dayAfter(Date.now(), 0));
setInterval(look, EVERY);
// Timers stand still while a computer sleeps, and are late in a tab that nobody sees.
addEventListener("visibilitychange", look);

/** The first moment of today: what shows "yesterday" renders again when that is another day. */
export function useToday(): number {
  return useView(today);
}
