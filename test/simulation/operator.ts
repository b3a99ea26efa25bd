import type { Call } from "../../src/core/call.ts";
import { deleteForMe } from "../../src/features/deletions/calls.ts";
import { edit } from "../../src/features/edits/calls.ts";
import { forwardMessages } from "../../src/features/forwards/calls.ts";
import { pin } from "../../src/features/pins/calls.ts";
import { react } from "../../src/features/reactions/calls.ts";
import { recall } from "../../src/features/recalls/calls.ts";
import { Code } from "../../src/protocol/codes.ts";
import { Request as Req } from "../../src/protocol/frames.ts";
import type { Message } from "../../src/protocol/model.ts";
import type { Client } from "./client.ts";
import type { Amending, Ledger } from "./ledger.ts";
import type { Link, OperationAnswer } from "./link.ts";
import type { World } from "./world.ts";

type Reply<Output> = { ok: true; value: Output } | { ok: false; code: number | null };

/** The paths of a user to the server. */
export interface Paths {
  /** An open socket that can carry a frame of this conversation. */
  readonly socketFor: (conversationId: string) => Link | undefined;
  /** The device whose own socket this is. */
  readonly clientOf: (link: Link) => Client | undefined;
  readonly rest: <Input, Output>(call: Call<Input, Output>, input: Input) => Promise<Reply<Output>>;
}

/** What an operation says beside its message. */
interface Details {
  readonly on: boolean;
  readonly emoji: string;
  readonly mentions: readonly string[] | undefined;
}

/** A user who changes messages that exist, over any path, and sometimes twice. */
export class Operator {
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #userId: string;
  readonly #paths: Paths;
  #forwarded = 0;

  constructor(world: World, ledger: Ledger, userId: string, paths: Paths) {
    this.#world = world;
    this.#ledger = ledger;
    this.#userId = userId;
    this.#paths = paths;
  }

  amend(conversation_id: string, kind: Amending["kind"], seq: number, mentions: readonly string[] | undefined): void {
    const { random } = this.#world;
    const content = JSON.stringify({ text: `${kind} ${random.below(1_000)}` });
    const amending = { conversation_id, user_id: this.#userId, kind, seq, content };
    this.#ledger.tried.push(amending);
    const more = { on: random.chance(0.7), emoji: random.pick(["👍", "🎉"]), mentions };
    this.#attempt(amending, more);
    if (random.chance(0.15)) this.#attempt(amending, more);
  }

  forward(from_conversation_id: string, seq: number, conversation_id: string): void {
    const client_msg_id = `${this.#userId}-forward-${++this.#forwarded}`;
    this.#ledger.send(conversation_id, this.#userId, client_msg_id, null);
    const input = { from_conversation_id, seqs: [seq], conversation_id, client_msg_ids: [client_msg_id] };
    const attempt = () =>
      void this.#paths.rest(forwardMessages, input).then((reply) => {
        const [message] = reply.ok ? (JSON.parse(reply.value) as Message[]) : [];
        if (message) this.#ledger.answered(conversation_id, this.#userId, client_msg_id, message);
      });
    attempt();
    if (this.#world.random.chance(0.3)) attempt();
  }

  #attempt(amending: Amending, { on, emoji, mentions }: Details): void {
    const { conversation_id, seq, content } = amending;
    const at = { conversation_id, seq };
    const several = { conversation_id, seqs: [seq] };
    const asks = {
      edit: () => {
        const data = { ...at, content: JSON.parse(content), mentions };
        this.#ask(amending, edit.request, { ...at, content, mentions }, { frame: Req.EDIT, data });
      },
      recall: () => this.#ask(amending, recall.request, several, { frame: Req.RECALL, data: several }),
      delete: () => this.#ask(amending, deleteForMe.request, several, { frame: Req.DELETE, data: several }),
      react: () => {
        const data = { ...at, emoji, on };
        this.#ask(amending, react.request, data, { frame: Req.REACT, data });
      },
      pin: () => this.#ask(amending, pin.request, { ...at, on }, { frame: Req.PIN, data: { ...at, on } }),
    };
    asks[amending.kind]();
  }

  #ask<Input>(
    amending: Amending,
    call: Call<Input, string>,
    input: Input,
    { frame, data }: { frame: number; data: object },
  ): void {
    const link = this.#paths.socketFor(amending.conversation_id);
    if (!link) {
      void this.#paths.rest(call, input).then((reply) => {
        if (reply.ok) this.#answered(amending, JSON.parse(reply.value));
      });
      return;
    }
    const client = this.#paths.clientOf(link);
    link.request(frame, data, (answer) => {
      if (answer?.err_code !== Code.OK) return;
      this.#answered(amending, answer.data);
      client?.operated(amending.conversation_id, answer.data);
    });
  }

  #answered(amending: Amending, { message, results = [] }: OperationAnswer): void {
    if (results.some(({ code }) => code !== Code.OK)) return;
    this.#ledger.done.push(amending);
    if (message) this.#ledger.stands(message);
  }
}
