import { createContext } from "preact";
import { useContext, useMemo } from "preact/hooks";
import type { Client, Message, MessageItem } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useWords, type Words } from "../i18n/index.ts";
import { tell } from "../ui/toast.tsx";
import { errorText } from "../words.ts";

/** The message that the composer replies to or edits. */
export interface Composing {
  readonly kind: "reply" | "edit";
  readonly item: MessageItem;
}

/** What a message does to the chat around it. The functions stay the same, so that rows do not render again. */
export interface ChatActions {
  readonly compose: (composing: Composing | null) => void;
  /** Shows a message of this chat. */
  readonly jump: (seq: number) => void;
  readonly openMenu: (item: MessageItem) => void;
}

const nothing = () => undefined;
export const ChatActionsContext = createContext<ChatActions>({ compose: nothing, jump: nothing, openMenu: nothing });

export function useChatActions(): ChatActions {
  return useContext(ChatActionsContext);
}

/** The operations on messages. Their result shows at once; a refusal is told, and the message is as before. */
export interface Operations {
  readonly react: (message: Message, emoji: string, isOn: boolean) => void;
  readonly pin: (message: Message, isOn: boolean) => void;
  readonly recall: (message: Message) => void;
  readonly remove: (message: Message) => void;
  readonly edit: (message: Message, text: string, mentions: readonly string[] | undefined) => void;
}

export function useOperations(): Operations {
  const t = useWords();
  const client = useClient();
  return useMemo(() => operationsOf(client, t), [client, t]);
}

function operationsOf(client: Client, t: Words): Operations {
  const told = (done: Promise<void>) => void done.catch((error: unknown) => tell(errorText(t, error), true));
  return {
    react: ({ conversation_id, seq }, emoji, isOn) => told(client.react(conversation_id, seq, emoji, isOn)),
    pin: ({ conversation_id, seq }, isOn) => told(client.pin(conversation_id, seq, isOn)),
    recall: ({ conversation_id, seq }) => told(client.recall(conversation_id, seq)),
    remove: ({ conversation_id, seq }) => told(client.remove(conversation_id, seq)),
    edit: ({ conversation_id, seq, amended }, text, mentions) =>
      told(client.edit(conversation_id, seq, { content: { text }, mentions, if_rev: amended?.rev ?? 0 })),
  };
}
