import { accounts } from "./accounts.ts";
import { chain } from "./chain.ts";
import { conversations } from "./conversations.ts";
import { groups } from "./groups.ts";
import { logins } from "./logins.ts";
import { messages } from "./messages.ts";
import { refusals } from "./refusals.ts";
import { roles } from "./roles.ts";
import type { Scenario } from "./run.ts";
import { sockets } from "./sockets.ts";
import { sync } from "./sync.ts";

type Scenarios = Readonly<Record<string, Scenario>>;

/** Played in every run, in this order. */
export const usual: Scenarios = { accounts, messages, conversations, sockets, chain, logins, refusals };

/** Played when named: of what not every server has yet. */
export const onRequest: Scenarios = { groups, roles, sync };
