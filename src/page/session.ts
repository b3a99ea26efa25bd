import { type Client, createApi, createClient, Platform, type SignedOutReason, type Token } from "../client/index.ts";
import { forget, keep, outboxStorage, readKept } from "./kept.ts";
import { Store } from "./store.ts";
import { Users } from "./users.ts";

/** Who is signed in here, or why nobody is. */
export type Session =
  | { readonly status: "signed_in"; readonly client: Client; readonly users: Users }
  | { readonly status: "signed_out"; readonly reason: SignedOutReason | null };

interface Login extends Token {
  user_id: string;
}

const KEPT_AS = "nexo-im/login";
const url = location.origin;
const api = createApi({ url });

export const session = new Store<Session>({ status: "signed_out", reason: null });

/** Takes up the login of the last visit, and follows what other tabs do with it. */
export function restoreSession(): void {
  const kept = readLogin();
  if (kept) begin(kept);
  addEventListener("storage", ({ key }) => {
    if (key === KEPT_AS) follow(readLogin());
  });
}

/** @throws NexoClientError */
export async function signIn(user_id: string, password: string): Promise<void> {
  const { token, expires_at, user_info } = await api.auth.login({ user_id, password, platform_id: Platform.WEB });
  const login = { token, expires_at, user_id: user_info.user_id };
  keepLogin(login);
  begin(login);
}

/** @throws NexoClientError */
export async function register(user_id: string, nickname: string, password: string): Promise<void> {
  await api.auth.register({ user_id, nickname, password });
  await signIn(user_id, password);
}

/** Ends the login here; on the server too, if it can be reached. */
export async function signOut(): Promise<void> {
  const now = session.getSnapshot();
  if (now.status !== "signed_in") return;
  await now.client.signOut().catch(() => now.client.close());
  end(now.client, "logout");
}

function begin({ token, expires_at, user_id }: Login): void {
  const client = createClient({
    url,
    token,
    expires_at,
    user_id,
    storage: outboxStorage,
    onToken: (next) => keepLogin({ ...next, user_id }),
  });
  client.connection.subscribe(() => {
    const why = client.connection.getSnapshot().signed_out;
    if (why) end(client, why.reason);
  });
  session.set({ status: "signed_in", client, users: new Users(client.api) });
}

function end(client: Client, reason: SignedOutReason): void {
  // Another tab may have signed in anew already: that login is not this one's to forget.
  if (readLogin()?.token === client.token) forget(KEPT_AS);
  if (isCurrent(client)) session.set({ status: "signed_out", reason });
}

/** Another tab has signed in or out, or has a new token, beside which the one of this tab is dead. */
function follow(login: Login | null): void {
  const now = session.getSnapshot();
  if (now.status === "signed_in") {
    if (login?.token === now.client.token) return;
    now.client.close();
  }
  if (login) begin(login);
  else session.set({ status: "signed_out", reason: "logout" });
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
