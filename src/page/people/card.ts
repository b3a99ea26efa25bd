import { Store, useView } from "../store.ts";

/** The user whose card is open above everything else; null if none is. */
const shown = new Store<string | null>(null);

export function showCard(userId: string | null): void {
  shown.set(userId);
}

export function useShownCard(): string | null {
  return useView(shown);
}
