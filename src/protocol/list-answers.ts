import * as answers from "./answers.ts";
import { Code } from "./codes.ts";

/** The answers of the routes in list.ts. For tests and documents: bundles import their types only. */
export const LIST_ANSWERS = {
  "POST /conversation/delete": {
    answer: answers.nothing,
    codes: [Code.NO_PERMISSION, Code.CONVERSATION_NOT_FOUND],
    summary: "Take a conversation out of the list until its next message; with clear, its history goes, too.",
    isNew: true,
  },
  "POST /conversation/clear": {
    answer: answers.nothing,
    codes: [Code.NO_PERMISSION, Code.CONVERSATION_NOT_FOUND],
    summary: "Hide the history so far from the caller, on all devices, for ever. Others keep it.",
    isNew: true,
  },
} as const;
