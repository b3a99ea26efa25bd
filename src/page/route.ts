import { groupConversationId } from "../client/index.ts";
import { belowLayers } from "./layers.ts";
import { Store, useView } from "./store.ts";

const PREFIX = "#/chat/";
const JOIN = "#/join/";
const LIST = "#/";
const SEQ = /\/(\d{1,15})$/;

/** A message that an address names, to be shown. Each visit to the address is another object. */
export interface Target {
  readonly seq: number;
}

const target = new Store<Target | null>(readTarget());

const joining = new Store<string | undefined>(codeInAddress());

/** The open conversation; null shows the list alone. It is part of the address, so that "back" works. */
const route = new Store<string | null>(chatInAddress());
addEventListener("hashchange", () => {
  // A new history entry does not say it yet; an entry that was returned to does.
  const { state } = history;
  if (state?.isAfterList === undefined) history.replaceState({ ...state, isAfterList: !route.getSnapshot() }, "");
  route.set(chatInAddress());
  target.set(readTarget());
  joining.set(codeInAddress());
});

export function useRoute(): string | null {
  return useView(route);
}

/** The message that the address names; null if it names none. */
export function useTarget(): Target | null {
  return useView(target);
}

/** The address of a conversation, or of one of its messages. */
export function linkTo(conversationId: string, seq?: number): string {
  return PREFIX + encodeURIComponent(conversationId) + (seq === undefined ? "" : `/${seq}`);
}

/** The address of an invite link. */
export function linkToJoin(code: string): string {
  return JOIN + encodeURIComponent(code);
}

/** The code of the invite link that the address is; undefined if it is none. */
export function useJoinCode(): string | undefined {
  return useView(joining);
}

function codeInAddress(): string | undefined {
  return location.hash.startsWith(JOIN) ? decoded(location.hash.slice(JOIN.length)) : undefined;
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

/** The conversation that the address names now. The page may still show the one before. */
export function chatInAddress(): string | null {
  const code = codeInAddress();
  // After its first point, a code names the group.
  if (code !== undefined) return groupConversationId(code.slice(code.indexOf(".") + 1));
  if (!location.hash.startsWith(PREFIX)) return null;
  return decoded(location.hash.slice(PREFIX.length).replace(SEQ, "")) ?? null;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function readTarget(): Target | null {
  const seq = Number(SEQ.exec(location.hash)?.[1] ?? 0);
  return location.hash.startsWith(PREFIX) && seq > 0 ? { seq } : null;
}
