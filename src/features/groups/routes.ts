import type { Context } from "hono";
import { ask, asksBefore } from "../../core/before.ts";
import type { UserResult } from "../../core/plan.ts";
import { askObject } from "../../core/rpc.ts";
import { findGroup } from "../../directory/groups.ts";
import { unknownUsers } from "../../directory/users.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { askOwn, authorize, readAuthorized } from "../../middleware/inbox.ts";
import { type HandlersBelow, Page } from "../../middleware/route.ts";
import { Code, errorCode, NexoError } from "../../protocol/codes.ts";
import { groupConversationId, randomId } from "../../protocol/ids.ts";
import { LIMITS } from "../../protocol/limits.ts";
import {
  cardOfLink,
  changeGroup,
  createGroup,
  groupFacts,
  listApplications,
  listBans,
  listLinks,
  listMembers,
} from "./calls.ts";
import { repeatableGroupId } from "./group-ids.ts";
import { codeOfLink, groupOfLink } from "./links.ts";
import { searchMembers } from "./member-search.ts";
import type { GroupOperation } from "./operation.ts";
import { changesOf, groupOf, memberViews, withNames } from "./views.ts";

export const groupRoutes: HandlersBelow<"group"> = {
  "POST /group/create": async ({ body }, c) => {
    const login = c.get("login");
    const { name, introduction = "", avatar = "", member_ids = [], client_group_id } = body;
    await authorize(c);
    const unknown = await unknownUsers(c.env.DB, member_ids);
    if (unknown.length > 0) throw new NexoError(Code.USER_NOT_FOUND, `member_ids: no user ${unknown.join(", ")}`);
    const groupId =
      client_group_id === undefined ? randomId() : await repeatableGroupId(c.env, login.user_id, client_group_id);
    const now = Date.now();
    const names = { name, introduction, avatar, creator_user_id: login.user_id, created_at: now, updated_at: now };
    await askOwn(c, createGroup, { group: { group_id: groupId, ...names }, member_ids });
    return await groupOf(c, groupId, login);
  },

  "GET /group/info": async ({ query: { group_id } }, c) => {
    await authorize(c);
    return await groupOf(c, group_id, c.get("login"));
  },

  "GET /group/members": async ({ query: { group_id, cursor = "", limit = LIMITS.listMembers, q } }, c) => {
    if (q !== undefined) return await searchMembers(c, { group_id, cursor, limit, q });
    const asked = { user_id: c.get("login").user_id, after: cursor, limit };
    const { members, next } = await readAuthorized(c, groupConversationId(group_id), listMembers, asked);
    return new Page(await memberViews(c, group_id, members), next);
  },

  "POST /group/join": async ({ body: { group_id: asked, inviter_id = "", code } }, c) => {
    const group_id = code === undefined ? (asked ?? "") : await linkedGroup(c, code, asked);
    if (asksBefore(c.env)) {
      await authorize(c);
      const data = JSON.stringify({ user_id: c.get("login").user_id, group_id });
      const verdict = await ask(c.env, "group.joining", data);
      if (verdict.action === "deny") throw new NexoError(Code.REFUSED_BY_APP, verdict.msg);
    }
    if (code === undefined) return await join(c, group_id, { type: "join", inviter_id });
    return await join(c, group_id, { type: "join_by_link", inviter_id, code }).catch(unknownLink);
  },

  "POST /group/quit": ({ body: { group_id } }, c) => change(c, group_id, { type: "quit" }),

  "POST /group/invite": async ({ body: { group_id, user_ids } }, c) => {
    await authorize(c);
    const unknown = await unknownUsers(c.env.DB, user_ids);
    return await operate(c, group_id, { type: "invite", user_ids, unknown });
  },

  "POST /group/answer_invite": ({ body: { group_id, accept } }, c) =>
    change(c, group_id, { type: "answer_invite", accept }),

  "POST /group/kick": ({ body: { group_id, user_ids } }, c) => operate(c, group_id, { type: "kick", user_ids }),

  "POST /group/set_role": ({ body: { group_id, user_id, role_level } }, c) =>
    change(c, group_id, { type: "set_role", user_id, role: role_level }),

  "POST /group/transfer": ({ body: { group_id, user_id } }, c) => change(c, group_id, { type: "transfer", user_id }),

  "POST /group/dismiss": ({ body: { group_id } }, c) => change(c, group_id, { type: "dismiss" }),

  "POST /group/mute": ({ body: { group_id, user_id = null, seconds } }, c) =>
    change(c, group_id, { type: "mute", user_id, seconds }),

  "PUT /group/update": async ({ body: { group_id, ...changes } }, c) => {
    await operate(c, group_id, { type: "update", ...changesOf(changes) });
    return await groupOf(c, group_id, c.get("login"));
  },

  "PUT /group/nickname": ({ body: { group_id, group_nickname } }, c) =>
    change(c, group_id, { type: "nickname", group_nickname }),

  "GET /group/applications": async ({ query: { group_id, cursor = "", limit = LIMITS.listMembers } }, c) => {
    const asked = { user_id: c.get("login").user_id, cursor, limit: Math.min(limit, LIMITS.listMembers) };
    const { items, next } = await readAuthorized(c, groupConversationId(group_id), listApplications, asked);
    return new Page(await withNames(c, group_id, items), next);
  },

  "POST /group/applications/answer": async ({ body: { group_id, user_id, accept } }, c) => {
    // The account may have been erased since.
    if (accept) await assertExists(c, group_id, user_id);
    return await change(c, group_id, { type: "answer_application", user_id, accept });
  },

  "GET /group/bans": async ({ query: { group_id, cursor = "", limit = LIMITS.listMembers } }, c) => {
    const asked = { user_id: c.get("login").user_id, cursor, limit: Math.min(limit, LIMITS.listMembers) };
    const { items, next } = await readAuthorized(c, groupConversationId(group_id), listBans, asked);
    return new Page(await withNames(c, group_id, items), next);
  },

  "POST /group/ban": async ({ body: { group_id, user_id, seconds = 0 } }, c) => {
    await assertExists(c, group_id, user_id);
    return await change(c, group_id, { type: "ban", user_id, seconds });
  },

  "POST /group/unban": ({ body: { group_id, user_id } }, c) => change(c, group_id, { type: "unban", user_id }),

  "POST /group/link": async ({ body: { group_id, expires_in = 0, max_uses = 0 } }, c) => {
    const created_at = Date.now();
    const expires_at = expires_in > 0 ? created_at + expires_in * 1_000 : 0;
    const creator_user_id = c.get("login").user_id;
    const make = { code: codeOfLink(group_id), creator_user_id, created_at, expires_at, max_uses, uses: 0 };
    await operate(c, group_id, { type: "link", make });
    return { group_id, ...make };
  },

  "GET /group/links": async ({ query: { group_id } }, c) => {
    const asked = { user_id: c.get("login").user_id };
    const links = await readAuthorized(c, groupConversationId(group_id), listLinks, asked);
    return links.map((link) => ({ group_id, ...link }));
  },

  "GET /group/link": async ({ query: { code } }, c) => {
    const group_id = await linkedGroup(c, code);
    const { member_count } = await readAuthorized(c, groupConversationId(group_id), cardOfLink, { code });
    const group = await findGroup(c.env.DB, group_id);
    if (!group) throw new NexoError(Code.LINK_INVALID);
    const { name, introduction, avatar } = group;
    return { group_id, name, introduction, avatar, member_count };
  },

  "POST /group/link/revoke": ({ body: { group_id, code = null } }, c) =>
    change(c, group_id, { type: "link", revoke: code }),
};

/** @throws NexoError GROUP_NOT_FOUND or else USER_NOT_FOUND, after what `authorize` throws [ROLE-2] */
async function assertExists(c: Context<AppEnv>, groupId: string, userId: string): Promise<void> {
  await authorize(c);
  const unknown = await unknownUsers(c.env.DB, [userId]);
  if (unknown.length === 0) return;
  await askObject(c.env.CONVERSATION.getByName(groupConversationId(groupId)), groupFacts, null);
  throw new NexoError(Code.USER_NOT_FOUND);
}

/**
 * The group of a link's code. @param expected the group that the caller named, if any
 * @throws NexoError LINK_INVALID for a code that no link can have, as for one that has ended. It counts as a request,
 *   and an ended login is refused first. [ROLE-2] [RATE-3]
 */
async function linkedGroup(c: Context<AppEnv>, code: string, expected?: string): Promise<string> {
  const groupId = groupOfLink(code, expected);
  if (groupId !== null) return groupId;
  await authorize(c);
  throw new NexoError(Code.LINK_INVALID);
}

/** @throws NexoError WAITS if the user now waits for approval */
async function join(c: Context<AppEnv>, groupId: string, operation: GroupOperation): Promise<null> {
  const results = await operate(c, groupId, operation);
  if (results.some(({ code }) => code === Code.WAITS)) throw new NexoError(Code.WAITS);
  return null;
}

/** A link of a group that does not exist, or no longer, is like any other that lets nobody in. */
function unknownLink(error: unknown): never {
  const code = errorCode(error);
  if (code === Code.GROUP_NOT_FOUND || code === Code.GROUP_DISMISSED) throw new NexoError(Code.LINK_INVALID);
  throw error;
}

/** Runs an operation through the caller's inbox. The caller's list shows the result once this is answered. */
function operate(c: Context<AppEnv>, groupId: string, operation: GroupOperation): Promise<readonly UserResult[]> {
  return askOwn(c, changeGroup, { conversation_id: groupConversationId(groupId), operation });
}

async function change(c: Context<AppEnv>, groupId: string, operation: GroupOperation): Promise<null> {
  await operate(c, groupId, operation);
  return null;
}
