import { CONSENT_CALLS, type Welcome } from "../../core/consent.ts";
import { askObject } from "../../core/rpc.ts";
import type { Env } from "../../env.ts";
import { Code } from "../../protocol/codes.ts";

/** How many inboxes are asked at a time, and how long each may take. */
const ASK = { atOnce: 50, patience: 2_000 };

/** What an invitation does to each of the users asked; the code of an error for those who cannot be invited now. */
export type Welcomes = ReadonlyMap<string, Welcome | Code>;

/** Asks the inboxes of users what an invitation by somebody else does to them. [PRIV-2] */
export async function welcomesOf(env: Env, inviterId: string, userIds: readonly string[]): Promise<Welcomes> {
  const welcomes = new Map<string, Welcome | Code>();
  const others = [...new Set(userIds)].filter((id) => id !== inviterId);
  for (let at = 0; at < others.length; at += ASK.atOnce) {
    const asked = others.slice(at, at + ASK.atOnce).map(async (id) => {
      const asking = askObject(env.INBOX.getByName(id), CONSENT_CALLS.welcomes, { from: inviterId }, ASK.patience);
      welcomes.set(id, await asking.catch(() => Code.SHUTTING_DOWN));
    });
    await Promise.all(asked);
  }
  return welcomes;
}
