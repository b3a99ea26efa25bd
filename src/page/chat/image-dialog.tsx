import { useState } from "preact/hooks";
import { MessageType } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { isPicture } from "../pictures.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorText, Field } from "../ui/field.tsx";

interface ImageDialogProps {
  readonly conversationId: string;
  readonly onSent: (clientMessageId: string) => void;
  readonly onClose: () => void;
}

/** Sends an image by its address once it has loaded; sends its size too, so that the layout does not shift later. */
export function ImageDialog({ conversationId, onSent, onClose }: ImageDialogProps) {
  const t = useWords();
  const client = useClient();
  const [url, setUrl] = useState("");
  const [size, setSize] = useState<{ image_width: number; image_height: number } | null>(null);
  const [error, setError] = useState<string | null>(null);
  const address = url.trim();
  function type(next: string): void {
    setUrl(next);
    setSize(null);
    setError(null);
  }
  function send(event: Event): void {
    event.preventDefault();
    event.stopPropagation();
    if (!isPicture(address) || !size) {
      setError(t.imageBroken);
      return;
    }
    const content = { image_url: address, ...size };
    onSent(client.send(conversationId, { msg_type: MessageType.IMAGE, content }).client_msg_id);
    onClose();
  }
  return (
    <Dialog title={t.sendImage} onClose={onClose} class="narrow" isUnsaved={address !== ""}>
      <form onSubmit={send}>
        <Field label={t.imageUrl} hint={t.imageUrlHint} type="url" value={url} onInput={type} required autoFocus />
        {isPicture(address) && (
          <img
            class="image-preview"
            src={address}
            alt=""
            referrerpolicy="no-referrer"
            onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
              setSize({ image_width: naturalWidth, image_height: naturalHeight })
            }
            onError={() => setError(t.imageBroken)}
          />
        )}
        <ErrorText error={error} />
        <button type="submit" class="button primary wide">
          {t.send}
        </button>
      </form>
    </Dialog>
  );
}
