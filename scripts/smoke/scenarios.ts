import { accounts } from "./accounts.ts";
import { admission } from "./admission.ts";
import { backend } from "./backend.ts";
import { chain } from "./chain.ts";
import { conversations } from "./conversations.ts";
import { files } from "./files.ts";
import { groups } from "./groups.ts";
import { history } from "./history.ts";
import { logins } from "./logins.ts";
import { messages } from "./messages.ts";
import { operations } from "./operations.ts";
import { push } from "./push.ts";
import { refusals } from "./refusals.ts";
import { roles } from "./roles.ts";
import type { Scenario } from "./run.ts";
import { safety } from "./safety.ts";
import { sockets } from "./sockets.ts";
import { sync } from "./sync.ts";

/** Played in this order. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  accounts,
  messages,
  operations,
  files,
  history,
  conversations,
  sockets,
  chain,
  logins,
  refusals,
  groups,
  roles,
  admission,
  safety,
  sync,
  push,
  backend,
};
