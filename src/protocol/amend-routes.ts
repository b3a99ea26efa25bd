import * as z from "zod";
import * as answers from "./amend-answers.ts";
import { Code } from "./codes.ts";
import { message } from "./message-answers.ts";

/** What the routes and frames of message operations answer, for the tables of route-answers.ts and frame-answers.ts. */

/** Of an operation in a group, on a message: existence, membership, state. */
const GROUP = [Code.GROUP_NOT_FOUND, Code.NO_PERMISSION, Code.NOT_A_MEMBER, Code.GROUP_DISMISSED] as const;
const MESSAGE = [...GROUP, Code.NOT_ACCEPTED, Code.MESSAGE_NOT_FOUND, Code.MESSAGE_CHANGED] as const;
const CODES = {
  read: [Code.NO_PERMISSION, Code.MESSAGE_NOT_FOUND],
  edit: [
    ...MESSAGE,
    Code.NOT_YOURS,
    Code.TOO_LATE,
    Code.TOO_MANY,
    Code.MUTED,
    Code.NOT_ALLOWED,
    Code.REFUSED_BY_APP,
    Code.TOO_LARGE,
  ],
  recall: GROUP,
  remove: [Code.NO_PERMISSION],
  react: [...MESSAGE, Code.TOO_MANY, Code.MUTED, Code.TOO_LARGE],
  pin: [...MESSAGE, Code.NOT_ADMIN, Code.TOO_MANY, Code.MUTED, Code.TOO_LARGE],
} as const;

export const AMEND_ROUTES = {
  "GET /msg/changes": {
    answer: answers.changes,
    codes: [Code.NO_PERMISSION],
    summary: "Get the messages that changed since a rev.",
    isNew: true,
  },
  "POST /msg/edit": {
    answer: answers.operated,
    codes: CODES.edit,
    summary: "Replace the content of a message of one's own. `if_rev` refuses if the content changed after that rev.",
    isNew: true,
  },
  "POST /msg/recall": {
    answer: answers.seqResults,
    codes: CODES.recall,
    summary: "Take back 1 to 100 messages for everyone. Each has a code of its own: 0, 4001, 4008 or 4009.",
    isNew: true,
  },
  "POST /msg/delete": {
    answer: answers.seqResults,
    codes: CODES.remove,
    summary: "Delete 1 to 100 messages for the caller only. Each has a code of its own: 0, 4001 or 4010.",
    isNew: true,
  },
  "POST /msg/react": {
    answer: answers.reacted,
    codes: CODES.react,
    summary: "Add or remove a reaction of one's own to a message.",
    isNew: true,
  },
  "POST /msg/pin": {
    answer: answers.operated,
    codes: CODES.pin,
    summary: "Pin a message, or take the pin away. In a group this makes a notice and is for its owner and admins.",
    isNew: true,
  },
  "POST /msg/forward": {
    answer: z.array(message),
    codes: [
      ...new Set([
        ...CODES.read,
        Code.USER_NOT_FOUND,
        ...GROUP,
        Code.NOT_ACCEPTED,
        Code.MUTED,
        Code.NOT_ALLOWED,
        Code.REFUSED_BY_APP,
      ]),
    ],
    summary: "Send 1 to 100 messages of one conversation to another. The answer is the new messages.",
    isNew: true,
  },
  "GET /msg/reactions": {
    answer: z.array(answers.reaction),
    paged: true,
    codes: CODES.read,
    summary: "List who reacted to a message, oldest first.",
    isNew: true,
  },
  "GET /msg/revisions": {
    answer: z.array(answers.revision),
    codes: CODES.read,
    summary: "List the contents of a message that edits replaced, oldest first.",
    isNew: true,
  },
  "GET /msg/pins": {
    answer: z.array(message),
    codes: [Code.NO_PERMISSION],
    summary: "List the pinned messages that the caller sees, the newest pin first.",
    isNew: true,
  },
  "GET /msg/mentions": {
    answer: z.array(message),
    paged: true,
    codes: [Code.NO_PERMISSION],
    summary: "List the messages that mention the caller, newest first.",
    isNew: true,
  },
} as const;

export const AMEND_FRAMES = {
  1011: {
    answer: answers.changes,
    codes: [Code.NO_PERMISSION],
    takes: "`{conversation_id, since_rev, from_seq?, limit?}` (at most 100)",
    gives: "`{messages, mine, deleted, rev, has_more, reset}`",
    isNew: true,
  },
  1012: {
    answer: answers.operated,
    codes: CODES.edit,
    takes: "`{conversation_id, seq, content, mentions?, if_rev?}`",
    gives: "`{message, rev, prev, cursor}`",
    isNew: true,
  },
  1013: {
    answer: answers.seqResults,
    codes: CODES.recall,
    takes: "`{conversation_id, seqs}` (at most 100)",
    gives: "`{results: [{seq, code}], rev, prev, cursor}`",
    isNew: true,
  },
  1014: {
    answer: answers.seqResults,
    codes: CODES.remove,
    takes: "`{conversation_id, seqs}` (at most 100)",
    gives: "as 1013; only the caller no longer sees them",
    isNew: true,
  },
  1015: {
    answer: answers.reacted,
    codes: CODES.react,
    takes: "`{conversation_id, seq, emoji, on}`",
    gives: "`{message, mine, rev}`",
    isNew: true,
  },
  1016: {
    answer: answers.operated,
    codes: CODES.pin,
    takes: "`{conversation_id, seq, on}`",
    gives: "`{message, rev, prev, cursor}`",
    isNew: true,
  },
} as const;
