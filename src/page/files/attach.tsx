import { useEffect, useRef, useState } from "preact/hooks";
import { useClient } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { FilesDialog } from "./files-dialog.tsx";

export interface AttachProps {
  readonly conversationId: string;
  /** Receives the client_msg_id of each message that was sent. */
  readonly onSent: (clientMessageId: string) => void;
}

/** Files that the user chooses, drops into the chat or pastes. A dialog shows them before they are sent. */
export function Attach({ conversationId, onSent }: AttachProps) {
  const t = useWords();
  const client = useClient();
  const input = useRef<HTMLInputElement>(null);
  const [files, setFiles] = useState<readonly File[]>([]);
  const isOver = useGivenFiles(input, setFiles);
  function send(): void {
    for (const file of files) onSent(client.sendFile(conversationId, file).client_msg_id);
    setFiles([]);
  }
  return (
    <>
      <IconButton icon="clip" label={t.attach} onClick={() => input.current?.click()} />
      <input
        ref={input}
        hidden
        type="file"
        multiple
        onChange={({ currentTarget }) => {
          setFiles([...(currentTarget.files ?? [])]);
          // So that the same file can be chosen again.
          currentTarget.value = "";
        }}
      />
      {isOver && <p class="drop-target">{t.dropHere}</p>}
      {files.length > 0 && <FilesDialog files={files} onSend={send} onClose={() => setFiles([])} />}
    </>
  );
}

/** Takes files that are dropped on the chat around an element, or pasted there. @returns whether some are over it */
function useGivenFiles(inside: { readonly current: HTMLElement | null }, take: (files: File[]) => void): boolean {
  const [isOver, setOver] = useState(false);
  useEffect(() => {
    const chat = inside.current?.closest<HTMLElement>(".chat");
    if (!chat) return;
    const end = new AbortController();
    const { signal } = end;
    const given = (event: Event, { files }: DataTransfer): void => {
      if (files.length === 0) return;
      event.preventDefault();
      take([...files]);
    };
    chat.addEventListener("paste", (event) => event.clipboardData && given(event, event.clipboardData), { signal });
    const over = (event: DragEvent): void => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      // Otherwise the browser would leave the page and open the file.
      event.preventDefault();
      setOver(true);
    };
    chat.addEventListener("dragenter", over, { signal });
    chat.addEventListener("dragover", over, { signal });
    chat.addEventListener("dragleave", (event) => setOver(chat.contains(event.relatedTarget as Node | null)), {
      signal,
    });
    chat.addEventListener(
      "drop",
      (event) => {
        setOver(false);
        if (event.dataTransfer) given(event, event.dataTransfer);
      },
      { signal },
    );
    return () => end.abort();
  }, [inside, take]);
  return isOver;
}
