import { pauseAfter } from "../connection/pauses.ts";
import { isFinal, type NexoClientError, toClientError } from "../errors.ts";
import { LazyView } from "../view.ts";
import { isSameList, revOf } from "./amended.ts";
import type { AppTypes, Message } from "./content.ts";

/** The pinned messages of a conversation, for display. */
export interface PinsSnapshot<T extends AppTypes = AppTypes> {
  /** The last pinned first. */
  readonly messages: readonly Message<T>[];
  /** False until they have been read. */
  readonly is_ready: boolean;
  /** Why they could not be read; null if there is no error. */
  readonly error: NexoClientError | null;
}

export interface PinsParts {
  /** Requests the pinned messages. @throws NexoClientError */
  readonly ask: () => Promise<readonly Message[]>;
  /** Whether requests are possible yet. */
  readonly isAble: () => boolean;
  /** The highest rev that is known of the conversation. */
  readonly rev: () => number;
  /** Messages were read that are current up to a rev at least. */
  readonly read: (messages: readonly Message[], rev: number) => void;
  /** The messages that are shown anyway: the user may have pinned one of them. */
  readonly shown: () => readonly Message[];
  /** A message as it will be after the user's operations that wait; null if it will be deleted. */
  readonly operated: (message: Message) => Message | null;
  readonly watched: () => void;
}

const NONE: PinsSnapshot = Object.freeze({ messages: Object.freeze([]), is_ready: false, error: null });
/** Number of messages held that are not pinned: a late answer must not pin one of them again. [MEM-1] */
const KEPT = 100;

/** The pinned messages of one conversation: read when the view gets subscribers, and changed with the messages. */
export class Pins {
  readonly view: LazyView<PinsSnapshot>;
  readonly #parts: PinsParts;
  /** Those that were read, and messages that changed since, by seq. */
  readonly #held = new Map<number, Message>();
  #snapshot: PinsSnapshot = NONE;
  #isAsking = false;
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: PinsParts) {
    this.#parts = parts;
    this.view = new LazyView(
      () => this.#snapshot,
      (isWatched) => {
        if (isWatched) return parts.watched();
        this.stop();
        this.#held.clear();
        this.#set(NONE);
      },
    );
  }

  get isReady(): boolean {
    return this.#snapshot.is_ready;
  }

  /** Reads them, if they are viewed and not read yet; a waiting retry runs now. @param isOld reads them in any case */
  show(isOld = !this.isReady): void {
    clearTimeout(this.#retry);
    if (isOld && this.view.isWatched && !this.#isAsking && this.#parts.isAble()) void this.#ask();
  }

  /** Replaces messages that are held, null removes one; and takes others. */
  replace(change: (message: Message) => Message | null, others: readonly Message[] = []): void {
    if (!this.view.isWatched) return;
    for (const message of [...this.#held.values(), ...others]) {
      const next = change(this.#held.get(message.seq) ?? message);
      if (next?.amended) this.#held.set(message.seq, next);
      else this.#held.delete(message.seq);
    }
    const unpinned = [...this.#held.values()].filter((message) => pinnedAt(message) === 0);
    for (const { seq } of unpinned.slice(0, -KEPT)) this.#held.delete(seq);
    this.changed();
  }

  /** The messages have changed, or the user's operations on them. */
  changed(): void {
    if (!this.view.isWatched) return;
    const { shown, operated } = this.#parts;
    const all = new Map([...this.#held.values(), ...shown()].map((message) => [message.seq, message]));
    const messages = [...all.values()]
      .flatMap((message) => operated(message) ?? [])
      .filter((message) => pinnedAt(message) > 0)
      .sort((a, b) => pinnedAt(b) - pinnedAt(a) || revOf(b) - revOf(a));
    if (isSameList(messages, this.#snapshot.messages)) return;
    this.#set({ ...this.#snapshot, messages: Object.freeze(messages) });
  }

  stop(): void {
    clearTimeout(this.#retry);
  }

  #set(snapshot: PinsSnapshot): void {
    this.#snapshot = Object.freeze(snapshot);
    this.view.changed();
  }

  async #ask(): Promise<void> {
    const { ask, read, rev } = this.#parts;
    const since = rev();
    this.#isAsking = true;
    try {
      const pins = await ask();
      if (!this.view.isWatched) return;
      this.#failures = 0;
      const ready = Object.freeze({ ...this.#snapshot, is_ready: true, error: null });
      this.#snapshot = ready;
      for (const [seq, message] of this.#held) if (revOf(message) <= since) this.#held.delete(seq);
      read(pins, since);
      if (this.#snapshot === ready) this.view.changed();
    } catch (thrown) {
      const error = toClientError(thrown);
      if (!this.view.isWatched) return;
      this.#set({ ...this.#snapshot, error });
      if (!isFinal(error)) this.#retry = setTimeout(() => this.show(true), pauseAfter(error, this.#failures++));
    } finally {
      this.#isAsking = false;
    }
  }
}

function pinnedAt({ amended }: Message): number {
  return amended?.pinned_at ?? 0;
}
