import type { TabsEnvironment } from "../connection/environment.ts";
import { Tabs } from "../storage/tabs.ts";
import type { Message } from "./content.ts";
import { isCount, isRecord, type Outgoing, readOutgoing } from "./outgoing.ts";

export interface OutboxTabsParts {
  readonly environment: TabsEnvironment;
  readonly name: string;
  readonly userId: () => string;
  /** Whether messages go out from here just now by a socket. */
  readonly isAble: () => boolean;
  readonly held: (clientMessageId: string) => Outgoing | undefined;
  readonly all: () => Outgoing[];
  /** Whether one has arrived or was discarded. */
  readonly isGone: (clientMessageId: string) => boolean;
  /** Another tab wants this one to send a message. */
  readonly asked: (item: Outgoing) => void;
  /** How a message stands with the tab that leads. */
  readonly told: (item: Outgoing) => void;
  readonly discarded: (clientMessageId: string) => void;
  readonly arrived: (message: Message) => void;
  /** From now on this tab sends, for all. */
  readonly leads: () => void;
}

/** Tabs that follow ask. The tab that leads does what they ask, and says how messages stand and which have arrived. */
type TabMessage =
  | { readonly kind: "ask"; readonly items: readonly Outgoing[]; readonly discards: readonly string[] }
  | {
      readonly kind: "state";
      /** All that the leader holds: it has begun to lead, or somebody is new. */
      readonly isAll: boolean;
      readonly isAble: boolean;
      readonly items: readonly Outgoing[];
      readonly gone: readonly string[];
    }
  | { readonly kind: "arrived"; readonly message: Message };

/** A leader that says nothing for so long is frozen, or stuck. */
const PATIENCE = 1_000;
/** A new leader first hears what the others know of the one before it. */
const HANDOVER = 50;

/**
 * One outbox in several tabs. The tab that leads sends and discards, for all; the others ask it, and show what it
 * says. What was asked and not confirmed is asked again of the next leader, so nothing is lost with a tab, and a
 * discard is shown once nobody will send it any more. [TAB-1] [TAB-2]
 */
export class OutboxTabs {
  readonly #parts: OutboxTabsParts;
  readonly #tabs: Tabs;
  /** Discards that no leader has confirmed. */
  readonly #discards = new Set<string>();
  #impatience: ReturnType<typeof setTimeout> | undefined;
  #handover: ReturnType<typeof setTimeout> | undefined;
  #isSending = false;

  constructor(parts: OutboxTabsParts) {
    this.#parts = parts;
    const { environment, name } = parts;
    this.#tabs = new Tabs({
      environment,
      name,
      heard: (message) => this.#heard(message),
      leads: (isLeading) => (isLeading ? this.#lead() : this.#follow()),
    });
  }

  get isLeading(): boolean {
    return this.#tabs.isLeading;
  }

  /** Whether this tab leads, and the handover is over. */
  get isSending(): boolean {
    return this.#isSending;
  }

  /** Whether it does so still; to be asked right before something is sent. */
  async sendsStill(): Promise<boolean> {
    return (await this.#tabs.leadsStill()) && this.#isSending;
  }

  /** Messages that are new here, or stand otherwise than before. */
  put(...items: readonly Outgoing[]): void {
    if (this.isLeading) this.#state({ items });
    else this.#ask({ items });
  }

  discard(clientMessageId: string): void {
    this.#discards.add(clientMessageId);
    this.#ask({ discards: [clientMessageId] });
  }

  /** As the leader: nobody is to show these any more. */
  gone(clientMessageId: string): void {
    this.#state({ gone: [clientMessageId] });
  }

  /** As the leader: the server has it. */
  arrived(message: Message): void {
    this.#post({ kind: "arrived", message });
  }

  /** The connection came or went: whoever has the better one is to lead. */
  hello(): void {
    if (this.isLeading) this.#state({});
    else this.#ask({});
  }

  close(): void {
    clearTimeout(this.#impatience);
    clearTimeout(this.#handover);
    this.#isSending = false;
    this.#tabs.close();
  }

  #lead(): void {
    this.#answered();
    for (const id of this.#discards) this.#parts.discarded(id);
    this.#discards.clear();
    this.#state({ isAll: true, items: this.#parts.all() });
    this.#handover = setTimeout(() => {
      this.#isSending = true;
      this.#parts.leads();
    }, HANDOVER);
  }

  #follow(): void {
    clearTimeout(this.#handover);
    this.#isSending = false;
  }

  #ask({ items = [], discards = [] }: { items?: readonly Outgoing[]; discards?: readonly string[] }): void {
    this.#post({ kind: "ask", items, discards });
    this.#impatience ??= setTimeout(() => {
      this.#impatience = undefined;
      this.#tabs.take();
    }, PATIENCE);
  }

  #answered(): void {
    clearTimeout(this.#impatience);
    this.#impatience = undefined;
  }

  #state(state: { isAll?: boolean; items?: readonly Outgoing[]; gone?: readonly string[] }): void {
    this.#post({ kind: "state", isAll: false, items: [], gone: [], ...state, isAble: this.#parts.isAble() });
  }

  #post(message: TabMessage): void {
    this.#tabs.post(message);
  }

  #heard(value: unknown): void {
    const message = readTabMessage(value, this.#parts.userId());
    if (message?.kind === "arrived") this.#parts.arrived(message.message);
    else if (message?.kind === "ask" && this.isLeading) this.#answer(message);
    else if (message?.kind === "state") this.#told(message);
  }

  #answer({ items, discards }: TabMessage & { kind: "ask" }): void {
    const { asked, discarded, held, all } = this.#parts;
    for (const item of items) asked(item);
    for (const id of discards) discarded(id);
    const ids = [...items.map(({ client_msg_id }) => client_msg_id), ...discards];
    if (ids.length === 0) this.#state({ isAll: true, items: all() });
    else this.#state({ items: ids.flatMap((id) => held(id) ?? []), gone: ids.filter((id) => !held(id)) });
  }

  #told({ items, gone, isAll, isAble }: TabMessage & { kind: "state" }): void {
    const { told, discarded, isGone } = this.#parts;
    for (const id of gone) {
      this.#discards.delete(id);
      discarded(id);
    }
    // Of the leader before this one, and late: only what is gone stays gone.
    if (this.isLeading) return;
    this.#answered();
    for (const item of items) told(item);
    const waiting = this.#parts.all().filter(({ status }) => status === "pending");
    if (!isAble && this.#parts.isAble() && waiting.length > 0) this.#tabs.take();
    if (!isAll) return;
    // What it does not know: messages it does not have, and discards, whether or not an earlier leader confirmed them.
    const listed = new Set(items.map(({ client_msg_id }) => client_msg_id));
    const missing = waiting.filter(({ client_msg_id }) => !listed.has(client_msg_id));
    const discards = [...new Set([...this.#discards, ...[...listed].filter(isGone)])];
    if (missing.length + discards.length > 0) this.#ask({ items: missing, discards });
  }
}

/** What another release of the SDK posts may be otherwise. */
function readTabMessage(value: unknown, userId: string): TabMessage | null {
  if (!isRecord(value)) return null;
  const { kind, isAll, isAble } = value;
  const items = listOf(value.items).flatMap((item) => readOutgoing(item, userId) ?? []);
  if (kind === "ask") return { kind, items, discards: textsOf(value.discards) };
  if (kind === "state") {
    return { kind, isAll: isAll === true, isAble: isAble === true, items, gone: textsOf(value.gone) };
  }
  return kind === "arrived" && isMessage(value.message) ? { kind, message: value.message } : null;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textsOf(value: unknown): string[] {
  return listOf(value).filter((text) => typeof text === "string");
}

/** As far as it matters for where it goes. */
function isMessage(value: unknown): value is Message {
  if (!isRecord(value) || !isRecord(value.content)) return false;
  const { conversation_id, client_msg_id, sender_id, seq, send_at } = value;
  const texts = [conversation_id, client_msg_id, sender_id];
  return texts.every((text) => typeof text === "string") && isCount(seq) && isCount(send_at);
}
