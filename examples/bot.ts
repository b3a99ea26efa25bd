/**
 * A bot that answers every message it gets. Run `npm run build` first, then
 *
 * NEXO_URL=http://127.0.0.1:8080 NEXO_USER=echo NEXO_PASSWORD=... node examples/bot.ts
 */
import { createClient, MessageType, Platform } from "nexo-im/client";

const { NEXO_URL = "http://127.0.0.1:8080", NEXO_USER = "echo", NEXO_PASSWORD = "" } = process.env;

const client = createClient({
  url: NEXO_URL,
  login: { user_id: NEXO_USER, password: NEXO_PASSWORD, platform_id: Platform.WEB },
});

client.connection.subscribe(() => {
  const { status, signed_out } = client.connection.getSnapshot();
  console.log(signed_out ? `${status}: ${signed_out.reason} (${signed_out.code})` : status);
});

client.onMessage(({ conversation_id, sender_id, msg_type, content, seq }) => {
  if (sender_id === client.userId || msg_type !== MessageType.TEXT) return;
  client.sendText(conversation_id, `You said: ${content.text}`);
  client.markRead(conversation_id, seq);
});
