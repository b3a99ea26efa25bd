import { DurableObject } from "cloudflare:workers";
import { accept, type FloorEnv } from "./env.ts";
import { answerTo, push } from "./frames.ts";

/**
 * A conversation without rules: one row for each message. For a socket's frame it inserts and answers, or forwards one
 * string to all sockets. Called by another object, it inserts, and calls the members in `tell`.
 */
export class Rows extends DurableObject<FloorEnv> {
  #seq = 0;
  #fanOut = false;

  constructor(ctx: DurableObjectState, env: FloorEnv) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS rows (seq INTEGER PRIMARY KEY, content TEXT NOT NULL)");
  }

  override fetch(request: Request): Response {
    this.#fanOut = new URL(request.url).pathname === "/fanout";
    return accept(this.ctx);
  }

  override webSocketMessage(socket: WebSocket, text: string): void {
    if (this.#fanOut) {
      const frame = push(++this.#seq, text);
      for (const each of this.ctx.getWebSockets()) if (each !== socket) each.send(frame);
      socket.send(answerTo(text, this.#seq));
    } else socket.send(answerTo(text, this.append(text, [])));
  }

  /** @param isRelay whether the users write nothing */
  append(text: string, tell: readonly string[], isRelay = false): number {
    const seq = ++this.#seq;
    this.ctx.storage.sql.exec("INSERT INTO rows (seq, content) VALUES (?, ?)", seq, text);
    for (const name of tell) {
      const user = this.env.USER.getByName(name);
      void (isRelay ? user.pass(seq, text) : user.take(seq, text));
    }
    return seq;
  }

  /** Waits until all calls have arrived, before anything is measured. */
  seq(): number {
    return this.#seq;
  }
}
