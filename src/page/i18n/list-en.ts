/** Texts about what a user makes of a chat in the list. */
export const list = {
  markUnread: "Mark as unread",
  markedUnread: "Marked as unread",
  archive: "Archive",
  unarchive: "Move out of the archive",
  archived: (count: number) => `Archived (${count.toLocaleString("en")})`,
  snooze: "Mute for 8 hours",
  unsnooze: "Stop muting",
  clear: "Clear history",
  clearConfirm: "Clear this chat’s history? You won’t see its messages on any device. Others keep them.",
  delete: "Delete chat",
  deleteConfirm: "Delete this chat and its history for you? It comes back with the next message. Others keep theirs.",
};
