/** The limits that the SDK needs, too. They stand apart, since a bundle takes an object whole. */
export const CLIENT_LIMITS = {
  contentBytes: 32_768,
  /** Users in one batch_info, invite, kick, presence watch. */
  batchUsers: 100,
  /** A list counts this many unread mentions at most. */
  countedMentions: 100,
} as const;
