/** Texts about how people come into groups, and what groups allow. */
export const groups = {
  settings: "Group settings",
  joinMode: "Who can join",
  joinModes: { 1: "Anyone", 2: "Anyone, once an admin agrees", 3: "Only people who are invited" },
  switches: {
    members_may_invite: "Members can add people",
    members_may_see_members: "Members can see who’s in the group",
    members_may_pin: "Members can pin messages",
    members_may_mention_all: "Members can mention everyone",
    announcement_only: "Only admins can write",
  },
  slowMode: "Wait between messages",
  off: "Off",
  announcement: "Announcement",
  ask: "Ask to join",
  asked: "You’ve asked to join. An admin has to agree.",
  invitedOnly: "Only people who are invited can join this group.",
  waiting: "Waiting to join",
  letIn: "Let in",
  waitingCount: (count: number) =>
    count === 1 ? "1 person is waiting to join" : `${count} people are waiting to join`,
  makeLink: "Create an invite link",
  copyInvite: "Copy the invite link",
  endLinks: "End all invite links",
  ban: "Ban",
  banConfirm: (name: string) => `Ban ${name}? They’ll be removed and can’t come back until you end the ban.`,
  banned: "Banned people",
  nobodyBanned: "Nobody is banned.",
  unban: "End the ban",
  adminsWrite: "Only admins can write here.",
  notice: {
    approved: (by: string, who: string) => `${by} let ${who} in`,
    banned: (by: string, who: string) => `${by} banned ${who}`,
    announced: (by: string) => `${by} changed the announcement`,
    settings: (by: string) => `${by} changed the group settings`,
  },
};

/** What the server answers with these codes. */
export const groupErrors = {
  3013: "This invite link doesn’t work any more.",
  3014: "Banned from this group.",
  3015: "The group’s settings don’t allow this now.",
};
