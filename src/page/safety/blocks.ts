import { useEffect, useState } from "preact/hooks";
import type { Client } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { type Action, useAction } from "../hooks.ts";

/** The users whom the signed-in user has blocked, newest first; null until the server has answered. */
export function useBlocks(): { readonly blocks: readonly string[] | null } & Pick<Action, "error"> & {
    readonly setBlock: (userId: string, on: boolean) => Promise<boolean>;
  } {
  const client = useClient();
  const [blocks, setBlocks] = useState<readonly string[] | null>(null);
  const { run, error } = useAction();
  const read = async () => setBlocks(await blocksOf(client));
  useEffect(() => void run(read), [client]);
  const setBlock = (userId: string, on: boolean) =>
    run(async () => {
      await (on ? client.api.user.block(userId) : client.api.user.unblock(userId));
      await read();
    });
  return { blocks, error, setBlock };
}

async function blocksOf({ api }: Client): Promise<string[]> {
  const { items } = await api.user.blocks();
  return items.map(({ user_id }) => user_id);
}
