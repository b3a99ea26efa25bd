import * as answers from "./answers.ts";
import { Code } from "./codes.ts";

/** The answers of the routes in leaving.ts. For tests and documents: bundles import their types only. */
export const LEAVING_ANSWERS = {
  "POST /auth/erase": {
    answer: answers.nothing,
    codes: [Code.WRONG_PASSWORD, Code.FOREIGN_TOKEN, Code.TOO_MANY_REQUESTS],
    summary:
      "Erase the caller's account for good. All logins end at once (2002 `erased`); groups, messages, files and the profile follow within minutes.",
    isNew: true,
  },
} as const;
