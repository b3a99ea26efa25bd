/** Texts about blocks, privacy and reports. */
export const safety = {
  block: "Block",
  unblock: "Unblock",
  blockConfirm: (name: string) =>
    `Block ${name}? They won’t be able to message you, add you to groups or see when you’re online. They won’t be told.`,
  youBlocked: "You’ve blocked this person.",
  blocked: "Blocked people",
  nobodyBlocked: "You haven’t blocked anyone.",
  report: "Report",
  reportWhy: "What’s wrong?",
  reasons: {
    spam: "Spam or fraud",
    abuse: "Harassment or hate",
    violence: "Violence or threats",
    sexual: "Sexual content",
    illegal: "Something illegal",
    other: "Something else",
  },
  reportDetails: "Details (optional)",
  reportHint: "Your report goes to the people who run this server. The person you report isn’t told.",
  reported: "Thank you. Your report was sent.",
  privacy: "Privacy and blocked people",
  messagesFrom: "Who can message me",
  invitesFrom: "Who can add me to groups",
  lastSeen: "Who can see when I’m online",
  all: "Everyone",
  known: "People I’ve written to",
  ask: "Ask me first",
  nobody: "Nobody",
  findable: "Let others find me by name",
  invitation: "Invitation",
  invitedYou: "You were invited to this group.",
  accept: "Join group",
  decline: "Decline",
  sessions: "Where you’re signed in",
  thisDevice: "This device",
  search: "Search in chat",
  searchWords: "Words in the message",
  nothingFound: "No messages found.",
  searchOn: "Search older messages",
};

/** What the server answers with these codes. */
export const safetyErrors = {
  3011: "This person doesn’t take this from you.",
  3012: "They’ll be asked first.",
  4010: "That’s too many.",
};
