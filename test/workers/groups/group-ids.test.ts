import { env } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { Group } from "../../../src/client/index.ts";
import { askInbox } from "../../../src/core/rpc.ts";
import { insertGroup } from "../../../src/directory/groups.ts";
import { createGroup } from "../../../src/features/groups/calls.ts";
import { repeatableGroupId } from "../../../src/features/groups/group-ids.ts";
import { ok } from "../../helpers/workers/api.ts";
import { inboxOf } from "../../helpers/workers/objects.ts";
import { type Person, people } from "../../helpers/workers/people.ts";

const unkeyed = (userId: string, clientGroupId: string) =>
  createHash("sha256").update(`${userId}:${clientGroupId}`).digest().subarray(0, 16).toString("base64url");
const create = async (owner: Person, client_group_id: string) =>
  ok(await owner.post<Group>("/group/create", { name: "again", client_group_id })).id;
const names = (group_id: string, creator: Person) => ({
  group_id,
  name: "once",
  introduction: "",
  avatar: "",
  creator_user_id: creator.id,
  created_at: 1,
  updated_at: 1,
});

const underSecrets = (secrets: { JWT_SECRET: string; JWT_SECRET_PREVIOUS?: string }) => ({ ...env, ...secrets });

test("[WIRE-5] a generated group id cannot be computed from its creator and client_group_id", async () => {
  const [owner] = await people("owner");
  const id = await create(owner, "mine");
  expect(id).toMatch(/^[\w-]{22}$/);
  expect(id).not.toBe(unkeyed(owner.id, "mine"));
  const elsewhere = underSecrets({ JWT_SECRET: "the secret of another deployment, 32 bytes" });
  expect(await repeatableGroupId(elsewhere, owner.id, "mine")).not.toBe(id);
  expect(await create(owner, "mine")).toBe(id);
});

test("[GROUP-2] [WIRE-5] a group created before ids were keyed keeps its id, for its creator only", async () => {
  const [owner, other] = await people("owner", "other");
  const before = unkeyed(owner.id, "mine");
  const made = { group: names(before, owner), member_ids: [] };
  await askInbox(inboxOf(owner), owner.login, createGroup, made);
  expect(await create(owner, "mine")).toBe(before);
  // A group that another user created under that id is not used.
  const squatted = unkeyed(owner.id, "squatted");
  await insertGroup(env.DB, names(squatted, other));
  expect(await create(owner, "squatted")).not.toBe(squatted);
});

test("[GROUP-2] [WIRE-5] [TOKEN-2] a group created under the previous secret keeps its id", async () => {
  const [owner] = await people("owner");
  const id = await create(owner, "mine");
  const JWT_SECRET = "the secret that came after, 32 bytes and more";
  const after = underSecrets({ JWT_SECRET, JWT_SECRET_PREVIOUS: env.JWT_SECRET ?? "" });
  expect(await repeatableGroupId(after, owner.id, "mine")).toBe(id);
  const fresh = await repeatableGroupId(after, owner.id, "another");
  expect(fresh).not.toBe(await repeatableGroupId(env, owner.id, "another"));
});
