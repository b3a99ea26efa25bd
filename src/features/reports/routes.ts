import type { Context } from "hono";
import { tell } from "../../core/events.ts";
import { askObject } from "../../core/rpc.ts";
import { putReport } from "../../directory/reports.ts";
import { unknownUsers } from "../../directory/users.ts";
import type { AppEnv } from "../../middleware/context.ts";
import { askOwn } from "../../middleware/inbox.ts";
import type { Handlers } from "../../middleware/route.ts";
import { Code, NexoError } from "../../protocol/codes.ts";
import { randomId } from "../../protocol/ids.ts";
import { admitReport, seenAround } from "./calls.ts";

export const reportRoutes: Pick<Handlers, "POST /user/report"> = {
  "POST /user/report": async ({ body: { user_id, conversation_id, seq, reason, text = "" } }, c) => {
    await askOwn(c, admitReport, null);
    const about =
      conversation_id === undefined || seq === undefined
        ? await userAlone(c, user_id ?? "")
        : await messageSeen(c, conversation_id, seq);
    const reporter_id = c.get("login").user_id;
    const report = { reporter_id, ...about, reason, text, created_at: Date.now() };
    const report_id = await putReport(c.env.DB, { report_id: randomId(), ...report });
    const { user_id: reported, conversation_id: where, seq: at } = about;
    const told = { report_id, reporter_id, user_id: reported, conversation_id: where, seq: at, reason };
    await tell(c.env, "report.made", told);
    return { report_id };
  },
};

/** @throws NexoError USER_NOT_FOUND */
async function userAlone(c: Context<AppEnv>, userId: string) {
  if ((await unknownUsers(c.env.DB, [userId])).length > 0) throw new NexoError(Code.USER_NOT_FOUND);
  return { user_id: userId, conversation_id: "", seq: 0, context: "[]" };
}

/** The sender of a message, and what the reporter saw around it. @throws NexoError NO_PERMISSION, MESSAGE_NOT_FOUND */
async function messageSeen(c: Context<AppEnv>, conversationId: string, seq: number) {
  const conversation = c.env.CONVERSATION.getByName(conversationId);
  const asked = { user_id: c.get("login").user_id, seq };
  const { sender_id, messages } = await askObject(conversation, seenAround, asked);
  return { user_id: sender_id, conversation_id: conversationId, seq, context: messages };
}
