import type { Random } from "./random.ts";

/** A receiver of events: an object in one of its lives, or a client. */
export interface Actor {
  readonly name: string;
  readonly isAlive: boolean;
  beginTurn?(): void;
}

/** An event that can happen next: a message that arrives, a timer that fires. */
export interface Event {
  readonly label: string;
  /** Resolves the receiver when the event happens, which wakes an object. Null if there is no receiver any more. */
  readonly to: () => Actor | null;
  readonly run: (actor: Actor) => void;
}

interface Timed {
  at: number;
  readonly event: Event;
}

/** Events that keep their order, as frames of one socket do. */
export class FrameSocket {
  readonly queue: Event[] = [];
}

/** Stored before the simulation replaces timers: lets all microtasks of an event run. */
const realImmediate = setImmediate;
const drained = () => new Promise<void>((resolve) => realImmediate(resolve));

/**
 * Decides what happens next. It is the only clock and jumps from timer to timer. Any event that could arrive next may
 * be chosen.
 */
export class Scheduler {
  readonly #random: Random;
  readonly #ready: FrameSocket[] = [];
  readonly #timed = new Set<Timed>();
  /** Milliseconds since the start; never decreases. */
  time = 0;
  /** The running actor: calls and timers that begin now belong to it. */
  current: Actor | null = null;
  events = 0;
  onEvent: ((label: string) => void) | null = null;

  constructor(random: Random) {
    this.#random = random;
  }

  get readyCount(): number {
    return this.#ready.length;
  }

  post(event: Event, channel: FrameSocket = new FrameSocket()): void {
    channel.queue.push(event);
    if (channel.queue.length === 1) this.#ready.push(channel);
  }

  /** Drops the events in flight in a channel. */
  drop(channel: FrameSocket): void {
    channel.queue.length = 0;
    const at = this.#ready.indexOf(channel);
    if (at >= 0) this.#ready.splice(at, 1);
  }

  after(milliseconds: number, event: Event): () => void {
    const timed = { at: this.time + Math.max(0, milliseconds), event };
    this.#timed.add(timed);
    return () => this.#timed.delete(timed);
  }

  /** The time of the next timer. */
  get nextTimer(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { at } of this.#timed) if (at < next) next = at;
    return next;
  }

  /** Runs one of the events that could happen now. */
  async deliver(): Promise<void> {
    const at = this.#random.below(this.#ready.length);
    const channel = this.#ready[at];
    const event = channel?.queue.shift();
    if (!channel || !event) return;
    if (channel.queue.length === 0) {
      const last = this.#ready.pop();
      if (last && last !== channel) this.#ready[at] = last;
    }
    await this.happen(event);
  }

  /** Moves the clock to a time, and makes the timers due by then ready to run. */
  advance(time: number): void {
    this.time = Math.max(this.time, time);
    const due = [...this.#timed].filter(({ at }) => at <= this.time).sort((a, b) => a.at - b.at);
    for (const timed of due) {
      this.#timed.delete(timed);
      this.post(timed.event);
    }
  }

  async happen(event: Event): Promise<void> {
    const actor = event.to();
    if (!actor?.isAlive) return;
    this.events++;
    this.onEvent?.(`${String(this.time).padStart(8)} ${actor.name}: ${event.label}`);
    this.current = actor;
    actor.beginTurn?.();
    event.run(actor);
    await drained();
    this.current = null;
  }
}
