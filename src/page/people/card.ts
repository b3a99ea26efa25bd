import { Store, useView } from "../store.ts";

/** Whose card is open, over whatever else is; null for nobody's. */
const shown = new Store<string | null>(null);

export function showCard(userId: string | null): void {
  shown.set(userId);
}

export function useShownCard(): string | null {
  return useView(shown);
}
