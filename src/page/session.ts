import {
  type Api,
  type Client,
  createApi,
  createClient,
  Platform,
  type SignedOutReason,
  type Token,
} from "../client/index.ts";
import { indexedDbHistory } from "../client/storage/indexeddb.ts";
import type { SignedIn } from "./context.ts";
import { drafts } from "./drafts.ts";
import { forget, keep, keptKeys, outboxStorage, readKept } from "./kept.ts";
import { Pictures } from "./pictures.ts";
import { forgetPushes } from "./pushed.ts";
import { Store } from "./store.ts";

/** The signed-in user, or the reason why no one is signed in. */
export type Session =
  | ({ readonly status: "signed_in"; readonly login: Login } & SignedIn)
  | { readonly status: "signed_out"; readonly reason: SignedOutReason | null };

interface Login extends Token {
  readonly user_id: string;
  /** Distinguishes this login from the next one of the same user; a token refresh does not change it. */
  readonly signed_in_at: number;
}

const KEPT_AS = "nexo-im/login";
const url = location.origin;
const api = createApi({ url });

export const session = new Store<Session>({ status: "signed_out", reason: null });

/** Restores the login of the last visit, and follows what other tabs do with it. */
export function restoreSession(): void {
  // Earlier releases kept the last state here.
  for (const key of keptKeys("nexo-im/last ")) forget(key);
  const kept = readLogin();
  if (kept) begin(kept);
  addEventListener("storage", ({ key }) => {
    if (key === KEPT_AS) follow(readLogin());
  });
}

/** @throws NexoClientError */
export async function signIn(user_id: string, password: string): Promise<void> {
  const { token, expires_at, user_info } = await api.auth.login({ user_id, password, platform_id: Platform.WEB });
  const login = { token, expires_at, user_id: user_info.user_id, signed_in_at: Date.now() };
  keepLogin(login);
  begin(login);
}

/** @throws NexoClientError */
export async function register(user_id: string, nickname: string, password: string): Promise<void> {
  await api.auth.register({ user_id, nickname, password });
  await signIn(user_id, password);
}

/**
 * Erases the account. The server ends this login, like all others, and tells every tab. @throws NexoClientError
 */
export async function eraseAccount(request: Parameters<Api["auth"]["erase"]>[0]): Promise<void> {
  const now = session.getSnapshot();
  if (now.status !== "signed_in") return;
  await now.client.api.auth.erase(request);
  signOut("erased");
}

/** Ends the login and deletes its data here; also on the server, if it can be reached, without waiting for it. */
export function signOut(reason: "logout" | "erased" = "logout"): void {
  const now = session.getSnapshot();
  if (now.status !== "signed_in") return;
  now.client.signOut().catch(() => undefined);
  // The client is closed by now, so it stores nothing after this.
  drafts.forget();
  end(now.client, reason);
}

function begin(login: Login): void {
  const { token, expires_at, user_id } = login;
  const client = createClient({
    url,
    token,
    expires_at,
    user_id,
    storage: outboxStorage,
    history: indexedDbHistory(),
    onToken: (next) => keepLogin({ ...login, ...next }),
  });
  const synced = new Store(false);
  client.connection.subscribe(({ status, signed_out: why }) => {
    if (status === "online" || status === "degraded") synced.set(true);
    if (why) end(client, why.reason);
  });
  session.set({ status: "signed_in", login, client, pictures: new Pictures(), synced });
}

function end(client: Client, reason: SignedOutReason): void {
  // A user signed out by another device may no longer be at this one; their drafts are kept for them.
  if (reason === "erased") drafts.forget();
  // Another tab may have signed in again already: this tab must not delete that login.
  if (readLogin()?.token === client.token) {
    forget(KEPT_AS);
    forgetPushes().catch(() => undefined);
  }
  if (isCurrent(client)) session.set({ status: "signed_out", reason });
}

/** Another tab has signed in or out, or has a new token, which makes this tab's token invalid. */
function follow(login: Login | null): void {
  const now = session.getSnapshot();
  if (now.status === "signed_in") {
    if (login?.token === now.client.token) return;
    // The same login, refreshed in another tab: the screen stays as it is.
    if (login?.user_id === now.login.user_id && login.signed_in_at === now.login.signed_in_at) {
      now.client.takeToken(login);
      return;
    }
    // The history belongs to a login: it outlives this one only for the next login of its user.
    if (login?.user_id === now.login.user_id) now.client.close();
    else now.client.signOut().catch(() => undefined);
  }
  if (login) {
    begin(login);
    return;
  }
  drafts.forget();
  session.set({ status: "signed_out", reason: "logout" });
}

function isCurrent(client: Client): boolean {
  const now = session.getSnapshot();
  return now.status === "signed_in" && now.client === client;
}

function keepLogin(login: Login): void {
  keep(KEPT_AS, JSON.stringify(login));
}

function readLogin(): Login | null {
  try {
    const login = JSON.parse(readKept(KEPT_AS) ?? "null");
    return typeof login?.token === "string" && typeof login.user_id === "string" ? login : null;
  } catch {
    return null;
  }
}
