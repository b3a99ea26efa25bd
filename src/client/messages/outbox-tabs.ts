import type { TabsEnvironment } from "../connection/environment.ts";
import { Tabs } from "../storage/tabs.ts";
import type { Message } from "./content.ts";
import type { OutboxItems } from "./outbox-items.ts";
import { isCount, isRecord, type Outgoing, readOutgoing } from "./outgoing.ts";

export interface OutboxTabsParts {
  readonly environment: TabsEnvironment;
  readonly name: string;
  readonly userId: () => string;
  /** Whether this tab can send messages over a socket now. */
  readonly isAble: () => boolean;
  readonly items: Pick<OutboxItems, "get" | "all" | "isGone">;
  /** Another tab asks this one to send a message. */
  readonly asked: (item: Outgoing) => void;
  /** The state of a message, as reported by the tab that leads. */
  readonly told: (item: Outgoing) => void;
  readonly discarded: (clientMessageId: string) => void;
  readonly arrived: (message: Message) => void;
  /** This tab now sends for all tabs. */
  readonly leads: () => void;
}

/** Followers send requests. The leader carries them out, and reports the state of messages and which have arrived. */
type TabMessage =
  | { readonly kind: "ask"; readonly items: readonly Outgoing[]; readonly discards: readonly string[] }
  | {
      readonly kind: "state";
      /** Whether `items` lists all messages of the leader: it has begun to lead, or a tab has joined. */
      readonly isAll: boolean;
      readonly isAble: boolean;
      readonly items: readonly Outgoing[];
      readonly gone: readonly string[];
    }
  | { readonly kind: "arrived"; readonly message: Message };

/** A leader that is silent for this long is frozen or stuck. */
const PATIENCE = 1_000;
/** A new leader waits this long to hear what the other tabs know from the previous leader. */
const HANDOVER = 50;

/**
 * One outbox shared by several tabs. The leader sends and discards for all; the others send it requests and show what
 * it reports. Requests that were not confirmed are repeated to the next leader, so nothing is lost when a tab closes. A
 * discard is shown once no tab will send the message any more. [TAB-1] [TAB-2]
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

  /** Whether this tab still sends; check this right before sending. */
  async sendsStill(): Promise<boolean> {
    return (await this.#tabs.leadsStill()) && this.#isSending;
  }

  /** Announces messages that are new in this tab or have changed state. */
  put(...items: readonly Outgoing[]): void {
    if (this.isLeading) this.#state({ items });
    else this.#ask({ items });
  }

  discard(clientMessageId: string): void {
    this.#discards.add(clientMessageId);
    this.#ask({ discards: [clientMessageId] });
  }

  /** As the leader: tells all tabs to stop showing this message. */
  gone(clientMessageId: string): void {
    this.#state({ gone: [clientMessageId] });
  }

  /** As the leader: reports that the server has the message. */
  arrived(message: Message): void {
    this.#post({ kind: "arrived", message });
  }

  /** The connection was opened or lost: the tab with the better connection should lead. */
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
    this.#state({ isAll: true, items: this.#parts.items.all });
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
    const { asked, discarded, items: held } = this.#parts;
    for (const item of items) asked(item);
    for (const id of discards) discarded(id);
    const ids = [...items.map(({ client_msg_id }) => client_msg_id), ...discards];
    if (ids.length === 0) this.#state({ isAll: true, items: held.all });
    else this.#state({ items: ids.flatMap((id) => held.get(id) ?? []), gone: ids.filter((id) => !held.get(id)) });
  }

  #told({ items, gone, isAll, isAble }: TabMessage & { kind: "state" }): void {
    const { told, discarded, items: held } = this.#parts;
    for (const id of gone) {
      this.#discards.delete(id);
      discarded(id);
    }
    // A late report from the previous leader: only its removals still count.
    if (this.isLeading) return;
    this.#answered();
    for (const item of items) told(item);
    const { all } = held;
    if (!isAble && this.#parts.isAble() && all.some(({ status }) => status === "pending")) this.#tabs.take();
    if (!isAll) return;
    // What the leader lacks: messages it does not have, and discards, even those an earlier leader confirmed. Failed
    // messages too: the leader takes them, or answers that they are gone.
    const listed = new Set(items.map(({ client_msg_id }) => client_msg_id));
    const missing = all.filter(({ client_msg_id }) => !listed.has(client_msg_id));
    const discards = [...new Set([...this.#discards, ...[...listed].filter((id) => held.isGone(id))])];
    if (missing.length + discards.length > 0) this.#ask({ items: missing, discards });
  }
}

/** Checks the format, because another release of the SDK may post something else. */
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

/** Checks only the fields needed to place the message. */
function isMessage(value: unknown): value is Message {
  if (!isRecord(value) || !isRecord(value.content)) return false;
  const { conversation_id, client_msg_id, sender_id, seq, send_at } = value;
  const texts = [conversation_id, client_msg_id, sender_id];
  return texts.every((text) => typeof text === "string") && isCount(seq) && isCount(send_at);
}
