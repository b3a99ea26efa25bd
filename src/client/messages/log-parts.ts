import type { Message } from "./content.ts";

/** Which messages to pull. */
export interface Range {
  begin_seq: number;
  end_seq: number;
  limit: number;
  order: "asc" | "desc";
}

/** Pulled messages. */
export interface Page {
  readonly messages: readonly Message[];
  readonly max_seq: number;
  /** The rev up to which the messages are current. */
  readonly rev: number;
  /** Messages that the user has deleted; they are not among the messages. */
  readonly deleted: readonly number[];
  /** From the history: the server may know of later changes. */
  readonly isKept?: true;
}

export interface LogParts {
  /** @throws NexoClientError */
  readonly pull: (range: Range) => Promise<Page>;
  /** New messages, each passed here once and in order of seq. */
  readonly appended: (messages: readonly Message[]) => void;
  /** Messages that are current up to this rev are now held. */
  readonly held: (rev: number) => void;
  readonly changed: () => void;
  /** Whether every message must be delivered, however many were missed; if not, a wide gap is skipped. */
  readonly isComplete: () => boolean;
  /** Whether the conversation is being viewed; if not, only the position is kept. */
  readonly isWatched: () => boolean;
}
