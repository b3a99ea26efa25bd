import { findOwnGroup } from "../../directory/groups.ts";
import { type Env, settingsOf } from "../../env.ts";
import { keyedHash } from "../../middleware/keys.ts";
import { toBase64Url } from "../../protocol/ids.ts";

const PURPOSE = "nexo-im group id";

/**
 * The id of the group for a user's client_group_id. It is the same for each repeat, so that a retry creates no second
 * group, and nobody can predict it without the secret. [GROUP-2] [WIRE-5]
 * A group keeps its id if it was created with the previous secret, or with the keyless hash of earlier releases.
 */
export async function repeatableGroupId(env: Env, userId: string, clientGroupId: string): Promise<string> {
  const { JWT_SECRET, JWT_SECRET_PREVIOUS } = settingsOf(env);
  const text = `${userId}:${clientGroupId}`;
  const earlier = [await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)).then(toId)];
  if (JWT_SECRET_PREVIOUS) earlier.push(toId(await keyedHash(JWT_SECRET_PREVIOUS, PURPOSE, text)));
  return (await findOwnGroup(env.DB, userId, earlier)) ?? toId(await keyedHash(JWT_SECRET, PURPOSE, text));
}

function toId(hash: ArrayBuffer | Uint8Array): string {
  return toBase64Url(new Uint8Array(hash).subarray(0, 16));
}
