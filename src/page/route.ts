import { Store, useView } from "./store.ts";

const PREFIX = "#/chat/";

/** Which conversation is open; null shows the list alone. In the address, so that "back" goes back. */
const route = new Store<string | null>(read());
addEventListener("hashchange", () => route.set(read()));

export function useRoute(): string | null {
  return useView(route);
}

export function linkTo(conversationId: string): string {
  return PREFIX + encodeURIComponent(conversationId);
}

export function openChat(conversationId: string): void {
  location.hash = linkTo(conversationId);
}

export function closeChat(): void {
  location.hash = "#/";
}

function read(): string | null {
  if (!location.hash.startsWith(PREFIX)) return null;
  try {
    return decodeURIComponent(location.hash.slice(PREFIX.length));
  } catch {
    return null;
  }
}
