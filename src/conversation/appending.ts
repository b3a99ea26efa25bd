import type { AppendCall, AppendReply } from "../core/calls.ts";
import type { FanOut } from "../core/delivery/fan-out.ts";
import { GroupCommit, type Job } from "../core/log/group-commit.ts";
import type { ConversationState } from "../core/log/state.ts";
import type { Metrics } from "../durable/metrics.ts";
import type { Sockets } from "../durable/sockets.ts";
import type { ConversationSockets } from "./sockets.ts";

/** The answer to sends, without the update for the sender's inbox. */
export type Appended = Omit<AppendReply, "tell">;

/** A call to append, and the socket that it came from. That socket does not get a push of its own message. */
interface Append {
  readonly call: AppendCall;
  readonly socket: WebSocket | null;
}

export type AppendJob = Job<Append, Appended>;

export interface AppendingParts {
  readonly conversation: ConversationState;
  readonly sockets: Sockets;
  readonly ownSockets: ConversationSockets;
  readonly fanOut: FanOut;
  readonly metrics: Metrics;
  /** Resolves once all writes so far are durable. */
  readonly stored: () => Promise<void>;
}

/** Appends sends to the log. They are committed in groups, then pushed, answered and delivered. */
export class Appending {
  readonly #parts: AppendingParts;
  readonly #commit: GroupCommit<Append, Appended>;

  constructor(parts: AppendingParts) {
    this.#parts = parts;
    this.#commit = new GroupCommit((jobs) => this.#commitJobs(jobs), parts.stored);
  }

  append(call: AppendCall): Promise<Appended> {
    return new Promise((done, failed) => {
      this.submit({ call: { call, socket: null }, done, failed });
    });
  }

  submit(job: AppendJob): void {
    this.#commit.submit(job);
  }

  /** Commits the waiting sends. */
  flush(): void {
    this.#commit.flush();
  }

  #commitJobs(jobs: readonly AppendJob[]): void {
    const { conversation, ownSockets, fanOut } = this.#parts;
    const before = conversation.version.seq;
    const senders = new Map<number, WebSocket>();
    const unread = new Map<number, string>();
    const answers: (() => void)[] = [];
    try {
      const replies = conversation.append(jobs.map((job) => job.call.call));
      for (const [index, reply] of replies.entries()) {
        const job = jobs[index];
        if (!job) continue;
        answers.push(() => job.done(reply));
        this.#count(reply);
        this.#noteSender(job.call, reply, senders);
        for (const [at, outcome] of reply.outcomes.entries()) {
          if (outcome.ok && job.call.call.sends[at]?.sender_read === false) {
            unread.set(outcome.seq, job.call.call.user_id);
          }
        }
      }
    } catch (error) {
      for (const job of jobs) job.failed(error);
      return;
    }
    const appended = conversation.version.seq > before;
    // Pushes go before answers: messages of others can have lower seqs than a sender's own in the same batch.
    if (appended) ownSockets.pushMessages(before + 1, senders, unread);
    for (const answer of answers) answer();
    if (appended) fanOut.changed();
  }

  /** A calling inbox gets the update in the answer. A sending socket does not get a push of its own message. */
  #noteSender({ call, socket }: Append, reply: Appended, senders: Map<number, WebSocket>): void {
    if (call.mark && reply.spent > 0) this.#parts.fanOut.assume(call.user_id);
    for (const [index, outcome] of reply.outcomes.entries()) {
      const from = socket ?? this.#parts.sockets.byId(call.sends[index]?.socket_id ?? "");
      if (from && outcome.ok) senders.set(outcome.seq, from);
    }
  }

  #count(reply: Appended): void {
    const { metrics } = this.#parts;
    metrics.add("sends", reply.spent);
    for (const outcome of reply.outcomes) if (!outcome.ok) metrics.add("refusals", 1, outcome.code);
    const accepted = reply.outcomes.filter((outcome) => outcome.ok).length;
    if (accepted > reply.spent) metrics.add("retries", accepted - reply.spent);
  }
}
