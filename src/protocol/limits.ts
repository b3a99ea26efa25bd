import { CLIENT_LIMITS } from "./client-limits.ts";

/** Limits of the wire contract that are not settings. Sizes are in bytes of UTF-8 unless the name says characters. */
export const LIMITS = {
  ...CLIENT_LIMITS,
  idCharacters: 64,
  passwordCharacters: { min: 6, max: 128 },
  nameCharacters: 64,
  profileTextBytes: 2_048,
  extraBytes: 65_535,
  /** Platforms are numbered from 1. */
  platforms: 10,
  clientMessageIdBytes: 64,
  /** How deeply a content may nest: JSON of any depth parses, but clients should not have to. */
  contentDepth: 64,
  bodyBytes: 65_536,
  /** A body of the server API, and what one import may bring. */
  adminBodyBytes: 4_194_304,
  importUsers: 1_000,
  importMessages: 1_000,
  broadcastUsers: 10_000,
  /** With a prefix it is a client_msg_id. */
  jobIdCharacters: 60,
  auditEntries: 100,
  /** Endpoints of events. Each may hold one of the six connections that a Worker can have. */
  hooks: 5,
  passwordHashCharacters: 512,
  foreignTokenCharacters: 16_384,
  /** The longest lifetime of a token that the server API makes. */
  tokenSeconds: 31_536_000,
  /** Messages in one pull, seqs in one list. */
  pullMessages: 100,
  listConversations: 2_000,
  listMembers: 500,
  groupTextBytes: 4_096,
  slowModeSeconds: 3_600,
  /** Users who wait for approval, live invite links and bans of one group. */
  applications: 1_000,
  groupLinks: 50,
  groupBans: 10_000,
  /** Groups in which one user waits for approval. */
  ownApplications: 500,
  linkCodeCharacters: 128,
  linkSeconds: 31_536_000,
  linkUses: 1_000_000,
  banSeconds: 315_360_000,
  /** The largest group in which typing is shown, the shortest time between two such frames, and how long one holds. */
  typingMembers: 100,
  typingPauseSeconds: 2,
  typingSeconds: 6,
  previewCharacters: 256,
  /** Files that one message may name, and how long a new message may name an upload. */
  messageFiles: 10,
  uploadHours: 24,
  avatarBytes: 1_048_576,
  /** Uploads of one user at the same time. */
  uploadsAtOnce: 5,
  /** Users whom one user may block. */
  blocks: 1_000,
  reportCharacters: 1_000,
  pushEndpointBytes: 2_048,
  pushTokenBytes: 4_096,
  /** Groups whose every message a user is notified of, even if they are large. */
  pushEveryMessage: 100,
  languageTagBytes: 35,
  /** Users whom one message mentions. */
  mentions: 50,
  /** Former members whose lists are told of a recall. */
  formerMembersTold: 100,
  /** Messages in one recall, delete or forward. */
  operationSeqs: 100,
  /** Changes in one answer to 1011; and the most that lie between, or the client has to pull again. */
  changes: 100,
  changesBetween: 1_000,
  /** How often a message can be edited. */
  revisions: 20,
  emojiBytes: 32,
  /** Different reactions to one message, and those of one user. */
  reactions: 20,
  reactionsOfUser: 6,
  pins: 50,
  /** Messages that a member has deleted for themselves in one conversation. */
  deletions: 2_000,
  searchCharacters: 200,
  /** Small data that the devices of a user share. */
  ownDataKeys: 500,
  ownDataKeyBytes: 256,
  ownDataBytes: 4_096,
  /** Seconds during which a replaced token may repeat its refresh. */
  refreshRepeatSeconds: 60,
} as const;
