import type { list as en } from "./list-en.ts";

export const list: typeof en = {
  markUnread: "标为未读",
  markedUnread: "已标为未读",
  archive: "归档",
  unarchive: "移出归档",
  archived: (count) => `已归档（${count}）`,
  snooze: "免打扰 8 小时",
  unsnooze: "取消免打扰",
  clear: "清空聊天记录",
  clearConfirm: "清空聊天记录？你在所有设备上都将看不到这些消息，其他人不受影响。",
  delete: "删除聊天",
  deleteConfirm: "删除该聊天及其聊天记录？收到新消息时聊天会重新出现，其他人不受影响。",
};
