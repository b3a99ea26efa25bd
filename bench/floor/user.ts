import { DurableObject } from "cloudflare:workers";
import { accept, type FloorEnv } from "./env.ts";
import { answerTo, push } from "./frames.ts";

interface Place {
  readonly room: string;
  readonly tell: readonly string[];
  readonly isRelay: boolean;
}

/** A user without rules: holds sockets, calls the conversation for each frame, and accepts updates. */
export class User extends DurableObject<FloorEnv> {
  #hasTable = false;

  override async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const response = accept(this.ctx);
    const place: Place = {
      room: searchParams.get("room") ?? "",
      tell: searchParams.get("tell")?.split(",").filter(Boolean) ?? [],
      isRelay: searchParams.has("relay"),
    };
    const asked = Number(searchParams.get("ask"));
    if (asked > 0) void this.#ask(asked);
    for (const socket of this.ctx.getWebSockets()) {
      if (!socket.deserializeAttachment()) socket.serializeAttachment(place);
    }
    return response;
  }

  override async webSocketMessage(socket: WebSocket, text: string): Promise<void> {
    const { room, tell, isRelay }: Place = socket.deserializeAttachment();
    socket.send(answerTo(text, await this.send(text, room, tell, isRelay)));
  }

  send(text: string, room: string, tell: readonly string[], isRelay = false): Promise<number> {
    return this.env.ROWS.getByName(room).append(text, tell, isRelay);
  }

  /** Asks some conversations, and sends one frame. */
  async #ask(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, (_, at) => this.env.ROWS.getByName(`asked-${at}`).seq()));
    for (const socket of this.ctx.getWebSockets()) socket.send(push(0, "{}"));
  }

  /** Sends, and writes nothing. */
  pass(seq: number, text: string): void {
    for (const socket of this.ctx.getWebSockets()) socket.send(push(seq, text));
  }

  /** Writes a row and sends. */
  take(seq: number, text: string): void {
    if (!this.#hasTable) {
      this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS list (room TEXT PRIMARY KEY, seq INTEGER NOT NULL)");
      this.#hasTable = true;
    }
    this.ctx.storage.sql.exec("INSERT OR REPLACE INTO list (room, seq) VALUES ('r', ?)", seq);
    for (const socket of this.ctx.getWebSockets()) socket.send(push(seq, text));
  }
}
