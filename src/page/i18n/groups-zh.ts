import type { groups as en } from "./groups-en.ts";

export const groups: typeof en = {
  settings: "群设置",
  joinMode: "入群方式",
  joinModes: { 1: "任何人都可加入", 2: "需管理员同意", 3: "仅限邀请" },
  switches: {
    members_may_invite: "允许成员邀请他人",
    members_may_see_members: "允许成员查看成员列表",
    members_may_pin: "允许成员置顶消息",
    members_may_mention_all: "允许成员@所有人",
    announcement_only: "仅管理员可发言",
  },
  slowMode: "发言间隔",
  off: "关闭",
  announcement: "群公告",
  ask: "申请加入",
  asked: "已提交入群申请，请等待管理员同意。",
  invitedOnly: "该群聊仅限受邀者加入。",
  waiting: "入群申请",
  letIn: "同意",
  waitingCount: (count) => `${count} 人申请入群`,
  makeLink: "生成邀请链接",
  copyInvite: "复制邀请链接",
  endLinks: "停用所有邀请链接",
  ban: "封禁",
  banConfirm: (name) => `封禁${name}？对方将被移出群聊，解除封禁前无法再加入。`,
  banned: "封禁名单",
  nobodyBanned: "没有被封禁的成员。",
  unban: "解除封禁",
  adminsWrite: "仅管理员可以发言。",
  notice: {
    approved: (by, who) => `${by}同意了${who}的入群申请`,
    banned: (by, who) => `${by}封禁了${who}`,
    announced: (by) => `${by}更新了群公告`,
    settings: (by) => `${by}修改了群设置`,
  },
};

export const groupErrors = {
  3013: "邀请链接已失效。",
  3014: "已被该群聊封禁。",
  3015: "群设置当前不允许此操作。",
};
