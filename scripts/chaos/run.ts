import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../../test/helpers/node/server.ts";
import { Checks } from "./checks.ts";
import { playRound, type Round } from "./round.ts";
import { Webhooks } from "./webhooks.ts";
import { World } from "./world.ts";

export type Options = { rounds: number; seconds: number; seed: number; onRound?: (round: Round) => void };

export type Result = {
  rounds: Round[];
  /** Of all rounds. */
  checks: Checks;
  /** The folder of the server's state and its log, kept if something failed. */
  state: string;
  logs: string;
};

/**
 * Limits that would refuse the load are raised. The limit of sockets is low, so that sockets of killed servers have to
 * make room.
 */
const vars = {
  JWT_SECRET: crypto.randomUUID(),
  SEND_RATE_PER_SECOND: "100000",
  SEND_BURST: "100000",
  REQUEST_RATE_PER_SECOND: "100000",
  REQUEST_BURST: "100000",
  OPERATION_RATE_PER_SECOND: "100000",
  OPERATION_BURST: "100000",
  STRANGERS_PER_HOUR: "1000",
  SEND_BYTES_PER_DAY: "1000000000000",
  NEW_GROUPS_PER_DAY: "1000",
  MAX_SOCKETS_PER_USER: "8",
  WEBHOOKS: "on",
  WEBHOOK_PRIVATE: "on",
};

/** Kills a busy server repeatedly, on one state, and checks after each kill that nothing was lost. */
export async function chaos({ rounds, seconds, seed, onRound }: Options): Promise<Result> {
  const state = mkdtempSync(join(tmpdir(), "nexo-im-chaos-"));
  const server = await startServer({ state, vars });
  const result: Result = { rounds: [], checks: new Checks(), state, logs: "" };
  let world: World | undefined;
  let webhooks: Webhooks | undefined;
  try {
    webhooks = await Webhooks.add(server.url, state);
    world = await World.populate(server.url, seed);
    for (let round = 1; round <= rounds && result.checks.failed === 0; round++) {
      const played = await playRound({ server, state, world, webhooks }, round, seconds);
      result.rounds.push(played);
      result.checks.add(played.checks);
      onRound?.(played);
    }
  } finally {
    for (const { client } of [...(world?.devices ?? []), ...(world?.mirrors.values() ?? [])]) client.close();
    webhooks?.close();
    result.logs = server.logs();
    await server.stop();
    if (result.checks.failed > 0) writeFileSync(join(state, "server.log"), result.logs);
    else rmSync(state, { recursive: true, force: true, maxRetries: 10 });
  }
  return result;
}
