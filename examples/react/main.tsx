import { createClient, MessageType } from "nexo-im/client";
import { NexoProvider, useClient, useConnection, useMessages, useTyping, useUsers } from "nexo-im/react";
import { type SubmitEvent, useState } from "react";
import { createRoot } from "react-dom/client";

const given = new URLSearchParams(location.search);
const client = createClient({
  url: given.get("url") ?? "http://127.0.0.1:8080",
  login: { user_id: given.get("user") ?? "", password: given.get("password") ?? "", platform_id: 5 },
});

function Chat({ id }: { id: string }) {
  const client = useClient();
  const { status } = useConnection();
  const { messages, has_older, loadOlder } = useMessages(id);
  const senders = useUsers([...new Set(messages.map(({ sender_id }) => sender_id))]);
  const typists = useTyping(id);
  const [text, setText] = useState("");

  function send(event: SubmitEvent) {
    event.preventDefault();
    client.sendText(id, text);
    setText("");
  }

  return (
    <>
      <p role="status">{status}</p>
      {has_older && (
        <button type="button" onClick={() => void loadOlder()}>
          Older
        </button>
      )}
      <ol>
        {messages.map((message) => (
          <li key={message.client_msg_id || message.seq}>
            {senders.get(message.sender_id)?.nickname ?? message.sender_id}:{" "}
            {message.msg_type === MessageType.TEXT ? message.content.text : "(not a text)"}
            {message.status === "sent" ? "" : ` (${message.status})`}
          </li>
        ))}
      </ol>
      {typists.length > 0 && <p>Somebody is typing…</p>}
      <form onSubmit={send}>
        <input aria-label="Message" value={text} onChange={(event) => setText(event.target.value)} />
        <button type="submit">Send</button>
      </form>
    </>
  );
}

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <NexoProvider client={client}>
      <Chat id={client.chatWith(given.get("to") ?? "")} />
    </NexoProvider>,
  );
}
