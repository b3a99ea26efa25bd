import * as z from "zod";
import * as answers from "./answers.ts";
import { Code } from "./codes.ts";
import { privacySchema } from "./safety.ts";
import { idSchema } from "./text.ts";

/** The answers of the routes in safety.ts. For tests and documents: bundles import their types only. */

const block = z
  .strictObject({ user_id: idSchema, blocked_at: z.int().min(0).describe("Unix milliseconds") })
  .meta({ id: "Block", description: "a user whom the caller has blocked" });
const privacy = z
  .strictObject(privacySchema.shape)
  .meta({ id: "Privacy", description: "who may reach and find the caller" });
const reported = z.strictObject({ report_id: z.string().min(1) }).meta({ id: "Reported" });

export const SAFETY_ANSWERS = {
  "POST /user/block": {
    answer: answers.nothing,
    codes: [Code.USER_NOT_FOUND, Code.TOO_MANY],
    summary:
      "Block a user, at most 1,000. Their messages and invitations are refused with 3011, they see the caller offline, and their typing is not shown. History stays.",
    isNew: true,
  },
  "POST /user/unblock": { answer: answers.nothing, codes: [], summary: "End a block.", isNew: true },
  "GET /user/blocks": {
    answer: z.array(block),
    paged: true,
    codes: [],
    summary: "List the users whom the caller has blocked, newest first, at most 1,000.",
    isNew: true,
  },
  "GET /user/privacy": {
    answer: privacy,
    codes: [Code.USER_NOT_FOUND],
    summary: "Get who may reach and find the caller.",
    isNew: true,
  },
  "PUT /user/privacy": {
    answer: privacy,
    codes: [Code.USER_NOT_FOUND],
    summary: "Change who may reach and find the caller. Absent fields are not changed.",
    isNew: true,
  },
  "POST /group/answer_invite": {
    answer: answers.nothing,
    codes: [
      Code.GROUP_NOT_FOUND,
      Code.NOT_A_MEMBER,
      Code.ALREADY_A_MEMBER,
      Code.GROUP_DISMISSED,
      Code.GROUP_FULL,
      Code.BANNED,
    ],
    summary: "Accept or decline an invitation to a group. It can be answered for 30 days.",
    isNew: true,
  },
  "POST /user/report": {
    answer: reported,
    codes: [Code.USER_NOT_FOUND, Code.NO_PERMISSION, Code.MESSAGE_NOT_FOUND],
    summary:
      "Report a user, or a message that the caller sees, with the messages around it. A repeat replaces the first report.",
    isNew: true,
  },
} as const;
