import { belowLayers } from "./layers.ts";
import { Store, useView } from "./store.ts";

const PREFIX = "#/chat/";
const LIST = "#/";

/** Which conversation is open; null shows the list alone. In the address, so that "back" goes back. */
const route = new Store<string | null>(read());
addEventListener("hashchange", () => {
  // An entry of the history that is new says nothing yet; one that was returned to does.
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

/** Back to the list, by the history where that came before: going to and fro leaves nothing behind in it. */
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
