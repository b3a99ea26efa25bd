import { createContext } from "preact";
import { useContext, useEffect } from "preact/hooks";
import type { Client, User } from "../client/index.ts";
import { useView } from "./store.ts";
import type { Users } from "./users.ts";

export interface SignedIn {
  readonly client: Client;
  readonly users: Users;
}

export const SignedInContext = createContext<SignedIn | null>(null);

/** The client of who is signed in. */
export function useClient(): Client {
  return useSignedIn().client;
}

/** What is known of these people; asks for who is not known yet. */
export function useUsers(userIds: readonly string[]): ReadonlyMap<string, User> {
  const { users } = useSignedIn();
  const key = userIds.join(" ");
  // The key stands for the ids.
  useEffect(() => users.want(userIds), [users, key]);
  return useView(users);
}

export function useSignedIn(): SignedIn {
  const signedIn = useContext(SignedInContext);
  if (!signedIn) throw new Error("used outside of what a signed-in user sees");
  return signedIn;
}
