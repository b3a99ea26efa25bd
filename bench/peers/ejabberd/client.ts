import { BareSocket } from "../../client/bare-socket.ts";
import type { End } from "../system.ts";

export const HOST = "localhost";
export const ROOMS = `conference.${HOST}`;

const OPEN = `<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="${HOST}" version="1.0"/>`;
const STANZA = /^<(message|iq|presence)\b/;

/** As much of XMPP over WebSocket (RFC 7395) as a client needs to sign in and to chat. Each frame is one element. */
export class XmppEnd implements End {
  readonly #socket: BareSocket;
  readonly #user: string;
  readonly #to: string;
  readonly #isRoom: boolean;
  readonly #gone: Promise<void>;
  /** Sends without an answer: by id in a room; in a single chat in their order, as the server counts them. */
  readonly #byId = new Map<string, () => void>();
  readonly #inOrder: (() => void)[] = [];
  #expected: { start: string; done: () => void; failed: (error: Error) => void } | undefined;
  #sent = 0;
  #acknowledged = 0;
  #handled = 0;
  received: End["received"] = () => undefined;

  /** Signs in and opens a single chat with a user, or enters a room. */
  static async open(url: URL, user: string, password: string, to: { user: string } | { room: string }): Promise<End> {
    const end = new XmppEnd(url, user, to);
    await end.#signIn(password);
    await end.#enter();
    return end;
  }

  private constructor(url: URL, user: string, to: { user: string } | { room: string }) {
    this.#user = user;
    this.#isRoom = "room" in to;
    this.#to = "room" in to ? `${to.room}@${ROOMS}` : `${to.user}@${HOST}`;
    this.#socket = new BareSocket(`ws://${url.host}/ws`, ["xmpp"]);
    this.#gone = new Promise((resolve) => this.#socket.addEventListener("close", () => resolve()));
    this.#socket.addEventListener("message", ({ data }) => this.#take(String(data)));
    this.#socket.addEventListener("close", () => this.#expected?.failed(new Error(`${user}: the socket was closed`)));
  }

  send(text: string): Promise<void> {
    const id = String(++this.#sent);
    const type = this.#isRoom ? "groupchat" : "chat";
    this.#socket.send(
      `<message xmlns="jabber:client" to="${this.#to}" type="${type}" id="${id}"><body>${text}</body></message>`,
    );
    return new Promise((done) => {
      if (this.#isRoom) this.#byId.set(id, done);
      else {
        this.#inOrder.push(done);
        this.#socket.send(`<r xmlns="urn:xmpp:sm:3"/>`);
      }
    });
  }

  close(): Promise<void> {
    this.#socket.send(`<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>`);
    this.#socket.close();
    return this.#gone;
  }

  async #signIn(password: string): Promise<void> {
    await new Promise<void>((opened, failed) => {
      this.#socket.addEventListener("open", () => opened());
      this.#socket.addEventListener("error", ({ reason }) => failed(new Error(reason)));
    });
    await this.#ask(OPEN, "<stream:features");
    const plain = Buffer.from(`\0${this.#user}\0${password}`).toString("base64");
    await this.#ask(`<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">${plain}</auth>`, "<success");
    await this.#ask(OPEN, "<stream:features");
    const bind = `<bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>bench</resource></bind>`;
    await this.#ask(`<iq xmlns="jabber:client" type="set" id="bind">${bind}</iq>`, "<iq");
    await this.#ask(`<presence xmlns="jabber:client"/>`, "<presence");
  }

  async #enter(): Promise<void> {
    if (!this.#isRoom) {
      // Stream management (XEP-0198), since without it the server answers no message of a single chat.
      await this.#ask(`<enable xmlns="urn:xmpp:sm:3"/>`, "<enabled");
      return;
    }
    const join = `<x xmlns="http://jabber.org/protocol/muc"><history maxstanzas="0"/></x>`;
    await this.#ask(
      `<presence xmlns="jabber:client" to="${this.#to}/${this.#user}">${join}</presence>`,
      // The room's subject ends the entry.
      "<message",
    );
  }

  #ask(element: string, start: string): Promise<void> {
    return new Promise((done, failed) => {
      this.#expected = { start, done, failed };
      this.#socket.send(element);
    });
  }

  #take(element: string): void {
    if (this.#expected) {
      if (element.startsWith("<failure") || element.includes(`type='error'`)) this.#expected.failed(new Error(element));
      else if (element.startsWith(this.#expected.start)) this.#expected.done();
      else return;
      this.#expected = undefined;
      return;
    }
    if (element.startsWith("<a ")) this.#acknowledge(Number(/ h='(\d+)'/.exec(element)?.[1]));
    else if (element.startsWith("<r ")) this.#socket.send(`<a xmlns="urn:xmpp:sm:3" h="${this.#handled}"/>`);
    else if (STANZA.test(element)) {
      this.#handled++;
      if (element.startsWith("<message") && element.includes("<body>")) this.#message(element);
    }
  }

  /** A room sends each message to its sender, too: that is its answer. */
  #message(element: string): void {
    const head = element.slice(0, element.indexOf(">"));
    const isMine = this.#isRoom && head.includes(`from='${this.#to}/${this.#user}'`);
    if (!isMine) this.received(1);
    else {
      const id = /\bid='([^']*)'/.exec(head)?.[1] ?? "";
      this.#byId.get(id)?.();
      this.#byId.delete(id);
    }
  }

  /** @param handled how many stanzas the server has handled since stream management began. */
  #acknowledge(handled: number): void {
    for (const done of this.#inOrder.splice(0, handled - this.#acknowledged)) done();
    this.#acknowledged = handled;
  }
}
