import { belowLayers } from "./layers.ts";
import { Store, useView } from "./store.ts";

const PREFIX = "#/chat/";
const LIST = "#/";

/** The open conversation; null shows the list alone. It is part of the address, so that "back" works. */
const route = new Store<string | null>(read());
addEventListener("hashchange", () => {
  // A new history entry has no state yet; an entry that was returned to has.
  if (history.state === null) history.replaceState({ isAfterList: route.getSnapshot() === null }, "");
  route.set(read());
});

export function useRoute(): string | null {
  return useView(route);
}

export function linkTo(conversationId: string): string {
  return PREFIX + encodeURIComponent(conversationId);
}

export function openChat(conversationId: string): void {
  belowLayers(() => {
    location.hash = linkTo(conversationId);
  });
}

/** Returns to the list, through the history if the list came before: switching to and fro adds no entries. */
export function closeChat(): void {
  belowLayers(() => {
    if (history.state?.isAfterList) history.back();
    else location.replace(LIST);
  });
}

function read(): string | null {
  if (!location.hash.startsWith(PREFIX)) return null;
  try {
    return decodeURIComponent(location.hash.slice(PREFIX.length));
  } catch {
    return null;
  }
}
