import { dayAfter } from "./i18n/time.ts";
import { Store, useView } from "./store.ts";

/** The longest delay before a new day is noticed. */
const EVERY = 30_000;

const today = new Store(dayAfter(Date.now(), 0));
const look = () => today.set(dayAfter(Date.now(), 0));
setInterval(look, EVERY);
// Timers stop while a computer sleeps, and are late in a hidden tab.
addEventListener("visibilitychange", look);

/** The first moment of today: components that show "yesterday" render again when the day changes. */
export function useToday(): number {
  return useView(today);
}
