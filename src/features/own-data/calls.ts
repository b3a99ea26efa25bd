import { declareCall } from "../../core/call.ts";

/** A text under a key, as of a change; "" was deleted. */
export type OwnItem = { key: string; value: string; rev: number };

// ---- Requests of a user to their Inbox

/** Stores a text, or deletes it if it is "". @throws NexoError TOO_MANY */
export const putOwnData = declareCall<{ readonly key: string; readonly value: string }, { readonly rev: number }>(
  "own_data.put",
);

/** What changed since a rev; all of it if that rev is too old, or was never given. */
export const readOwnData = declareCall<
  { readonly since: number },
  { readonly items: readonly OwnItem[]; readonly rev: number; readonly reset: boolean }
>("own_data.read");
