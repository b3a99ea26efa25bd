import * as z from "zod";
import { seqResult } from "./amend-answers.ts";
import { rev } from "./answer-fields.ts";
import * as answers from "./answers.ts";
import { Code } from "./codes.ts";
import { HOOK_ANSWERS } from "./hook-answers.ts";
import { exportView } from "./leaving-answers.ts";
import { message } from "./message-answers.ts";

/** Answers of the server API. Like answers.ts, no bundle contains this file. */

const millis = z.int().min(0);
const count = z.int().min(0);

const account = z
  .strictObject({
    ...answers.user.shape,
    is_banned: z.boolean(),
    has_password: z.boolean().describe("can sign in at /auth/login"),
  })
  .meta({ id: "Account" });
const audited = z
  .strictObject({
    id: z.int().min(1),
    at: millis,
    key_id: z.string(),
    method: z.string(),
    path: z.string(),
    target: z.string().describe("the ids that the body names"),
    code: z.int(),
    request_id: z.string(),
  })
  .meta({ id: "AuditEntry", description: "one request with a key" });
const stats = z
  .strictObject({
    users: count.describe("accounts that were ever made"),
    groups: count.describe("groups that were ever made"),
    keys: count.describe("keys that are not revoked"),
  })
  .meta({ id: "Stats" });

const job = z
  .strictObject({
    job_id: z.string(),
    sent: count,
    failed: count.describe("unknown users, and those who do not take it"),
    is_done: z.boolean(),
    created_at: millis,
  })
  .meta({ id: "Job" });

const report = z
  .strictObject({
    report_id: z.string(),
    reporter_id: z.string(),
    user_id: z.string().describe("who is reported"),
    conversation_id: z.string(),
    seq: count.describe("0 if it is about the user only"),
    reason: z.string(),
    text: z.string(),
    messages: z.array(z.record(z.string(), z.unknown())).describe("what the reporter saw around the message"),
    state: z.string().describe("`open`, or what a moderator made of it"),
    created_at: millis,
  })
  .meta({ id: "Report" });

const recalled = z.strictObject({ results: z.array(seqResult), rev });
const edited = z.strictObject({ message, rev });

const GROUP = [Code.GROUP_NOT_FOUND, Code.NOT_A_MEMBER, Code.GROUP_DISMISSED] as const;

/** The answers of the routes in admin-routes.ts, by the same keys. */
export const ADMIN_ANSWERS = {
  "POST /admin/users": {
    answer: z.strictObject({ user: account, created: z.boolean() }),
    codes: [Code.ACCOUNT_GONE],
    summary:
      "Make an account, or change the profile of the account with this id. A password is set only when the account is made.",
    isNew: true,
  },
  "POST /admin/users/import": {
    answer: z.array(answers.userResult),
    codes: [],
    summary: "Make up to 1,000 accounts. An id that is taken gets 2007 and is not changed, so a repeat is safe.",
    isNew: true,
  },
  "GET /admin/users/:user_id": {
    answer: account,
    codes: [Code.USER_NOT_FOUND],
    summary: "Get an account.",
    isNew: true,
  },
  "PUT /admin/users/:user_id": {
    answer: account,
    codes: [Code.USER_NOT_FOUND, Code.ACCOUNT_GONE],
    summary: "Change a profile. Absent fields are not changed.",
    isNew: true,
  },
  "POST /admin/users/:user_id/password": {
    answer: answers.nothing,
    codes: [Code.USER_NOT_FOUND, Code.ACCOUNT_GONE],
    summary: "Set a password. Every login of the user ends.",
    isNew: true,
  },
  "POST /admin/users/:user_id/ban": {
    answer: answers.nothing,
    codes: [Code.USER_NOT_FOUND, Code.ACCOUNT_GONE],
    summary: "Ban a user. Every login ends (2002 `banned`), and new ones are refused with 2009.",
    isNew: true,
  },
  "POST /admin/users/:user_id/unban": {
    answer: answers.nothing,
    codes: [Code.USER_NOT_FOUND, Code.ACCOUNT_GONE],
    summary: "Let a banned user sign in again.",
    isNew: true,
  },
  "POST /admin/users/:user_id/logout": {
    answer: answers.nothing,
    codes: [Code.USER_NOT_FOUND, Code.ACCOUNT_GONE],
    summary: "End the login of one platform, or without platform_id every login.",
    isNew: true,
  },
  "POST /admin/users/:user_id/erase": {
    answer: answers.nothing,
    codes: [Code.USER_NOT_FOUND],
    summary:
      "Erase an account for good, as /auth/erase does. A repeat changes nothing. The event user.erased says when it is complete.",
    isNew: true,
  },
  "POST /admin/users/:user_id/export": {
    answer: exportView,
    codes: [Code.USER_NOT_FOUND, Code.ACCOUNT_GONE, Code.NOT_FOUND],
    summary: "Export what a user can see and what is kept of them, as /user/export does.",
    isNew: true,
  },
  "POST /admin/tokens": {
    answer: answers.token,
    codes: [Code.USER_NOT_FOUND, Code.ACCOUNT_GONE],
    summary: "Sign a user in without a password. `ttl` is in seconds; a refresh gives the usual lifetime.",
    isNew: true,
  },
  "POST /admin/messages": {
    answer: message,
    codes: [...GROUP, Code.USER_NOT_FOUND, Code.NOT_ACCEPTED, Code.MUTED, Code.NOT_ALLOWED],
    summary: "Send a message as a user, or as `system`. A retry with the same client_msg_id gets the first answer.",
    isNew: true,
  },
  "POST /admin/messages/recall": {
    answer: recalled,
    codes: [Code.USER_NOT_FOUND, Code.GROUP_NOT_FOUND, Code.NO_PERMISSION, Code.NOT_A_MEMBER, Code.GROUP_DISMISSED],
    summary: "Take messages back in a user's name, or as `system` any message at any time. Each seq has a code.",
    isNew: true,
  },
  "POST /admin/messages/edit": {
    answer: edited,
    codes: [
      Code.USER_NOT_FOUND,
      Code.GROUP_NOT_FOUND,
      Code.NO_PERMISSION,
      Code.NOT_A_MEMBER,
      Code.MESSAGE_NOT_FOUND,
      Code.GROUP_DISMISSED,
      Code.NOT_ACCEPTED,
      Code.MESSAGE_CHANGED,
      Code.NOT_YOURS,
      Code.TOO_LATE,
      Code.TOO_MANY,
      Code.MUTED,
    ],
    summary: "Replace the content of a message of a user, or of `system`. With if_rev only if it did not change since.",
    isNew: true,
  },
  "POST /admin/messages/import": {
    answer: z.strictObject({ imported: count, max_seq: count }),
    codes: [Code.USER_NOT_FOUND, Code.GROUP_NOT_FOUND],
    summary: "Take up to 1,000 old messages into a conversation without live ones, in order. A repeat changes nothing.",
    isNew: true,
  },
  "POST /admin/broadcast": {
    answer: job,
    codes: [Code.NOT_FOUND],
    summary:
      "Send a message from `system` to up to 10,000 users, or to all. A repeat with the same job_id sends nothing twice.",
    isNew: true,
  },
  "GET /admin/jobs/:job_id": {
    answer: job,
    codes: [Code.NOT_FOUND],
    summary: "Get how far a broadcast has come.",
    isNew: true,
  },
  "POST /admin/groups": {
    answer: answers.group,
    codes: [Code.USER_NOT_FOUND, Code.GROUP_FULL, Code.GROUP_NOT_FOUND, Code.NO_PERMISSION],
    summary: "Create a group. A group_id that is given makes a repeat safe.",
    isNew: true,
  },
  "GET /admin/groups/:group_id": {
    answer: answers.group,
    codes: [Code.GROUP_NOT_FOUND],
    summary: "Get a group.",
    isNew: true,
  },
  "PUT /admin/groups/:group_id": {
    answer: answers.group,
    codes: [...GROUP],
    summary: "Change name, introduction or avatar. Absent fields are not changed.",
    isNew: true,
  },
  "GET /admin/groups/:group_id/members": {
    answer: z.array(answers.member),
    paged: true,
    codes: [...GROUP],
    summary: "List the members, owner and admins first.",
    isNew: true,
  },
  "POST /admin/groups/:group_id/add": {
    answer: z.array(answers.userResult),
    codes: [...GROUP],
    summary: "Add users. Each has a code of its own.",
    isNew: true,
  },
  "POST /admin/groups/:group_id/remove": {
    answer: z.array(answers.userResult),
    codes: [...GROUP],
    summary: "Remove members. Each has a code of its own; the owner cannot be removed.",
    isNew: true,
  },
  "POST /admin/groups/:group_id/role": {
    answer: answers.nothing,
    codes: [...GROUP, Code.NOT_OWNER],
    summary: "Make a member an admin (2), or an admin a member (1).",
    isNew: true,
  },
  "POST /admin/groups/:group_id/transfer": {
    answer: answers.nothing,
    codes: [...GROUP],
    summary: "Hand the group to another member.",
    isNew: true,
  },
  "POST /admin/groups/:group_id/mute": {
    answer: answers.nothing,
    codes: [...GROUP, Code.NOT_OWNER],
    summary: "Mute a member, or without user_id everyone below admin. 0 seconds lift the mute.",
    isNew: true,
  },
  "POST /admin/groups/:group_id/dismiss": {
    answer: answers.nothing,
    codes: [...GROUP],
    summary: "Dismiss a group. Its history stays readable.",
    isNew: true,
  },
  ...HOOK_ANSWERS,
  "GET /admin/reports": {
    answer: z.array(report),
    codes: [],
    summary: "List what users reported, newest first, 100 at a time; `before` is the time of the last one shown.",
    isNew: true,
  },
  "PUT /admin/reports/:report_id": {
    answer: report,
    codes: [Code.NOT_FOUND],
    summary: "Record what a moderator made of a report.",
    isNew: true,
  },
  "GET /admin/audit": {
    answer: z.array(audited),
    codes: [],
    summary: "List what was done with keys, newest first, 100 at a time; `before` is the id of the last one shown.",
    isNew: true,
  },
  "GET /admin/stats": { answer: stats, codes: [], summary: "Count users, groups and keys.", isNew: true },
  "GET /metrics": {
    answer: z.undefined(),
    bare: true,
    apart: true,
    text: true,
    codes: [],
    summary: "The same counts in the text format of Prometheus.",
    isNew: true,
  },
} as const;
