import type { safety as en } from "./safety-en.ts";

export const safety: typeof en = {
  block: "加入黑名单",
  unblock: "移出黑名单",
  blockConfirm: (name) => `将${name}加入黑名单？对方将无法给你发消息、拉你进群，也看不到你是否在线。对方不会收到通知。`,
  youBlocked: "你已将对方加入黑名单。",
  blocked: "黑名单",
  nobodyBlocked: "黑名单是空的。",
  report: "举报",
  reportWhy: "举报原因",
  reasons: {
    spam: "垃圾信息或诈骗",
    abuse: "骚扰或仇恨言论",
    violence: "暴力或威胁",
    sexual: "色情内容",
    illegal: "违法内容",
    other: "其他",
  },
  reportDetails: "补充说明（选填）",
  reportHint: "举报会提交给本服务器的管理者，被举报的人不会知道。",
  reported: "举报已提交，谢谢。",
  privacy: "隐私与黑名单",
  messagesFrom: "谁可以给我发消息",
  invitesFrom: "谁可以拉我进群",
  lastSeen: "谁可以看到我在线",
  all: "所有人",
  known: "我联系过的人",
  ask: "需经我同意",
  nobody: "任何人都不可以",
  findable: "允许别人通过昵称找到我",
  invitation: "入群邀请",
  invitedYou: "你被邀请加入该群聊。",
  accept: "加入群聊",
  decline: "拒绝",
};

export const safetyErrors = {
  3011: "对方拒绝接收。",
  3012: "已发送邀请，等待对方同意。",
  4010: "数量已达上限。",
};
