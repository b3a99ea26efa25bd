import { type MessageItem, MessageType } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { useView } from "../store.ts";
import { Icon } from "../ui/icons.tsx";
import { useBlobUrl } from "./blob-url.ts";
import { sizeText } from "./sizes.ts";

/** A file that waits for its upload or is being uploaded: what it is, how far it is, and a way to stop it. */
export function SendingContent({ item }: { readonly item: MessageItem }) {
  const t = useWords();
  const client = useClient();
  const sending = useView(client.sendingFile(item.client_msg_id));
  const isImage = item.msg_type === MessageType.IMAGE;
  const url = useBlobUrl(isImage ? (sending?.file ?? null) : null);
  const name = sending?.file?.name ?? String(item.content.file_name ?? "");
  const percent = sending && sending.total > 0 ? Math.floor((sending.sent / sending.total) * 100) : 0;
  return (
    <span class="sending-file">
      {url === "" ? (
        <span class="file-row">
          <Icon name="file" />
          <span class="file-name">
            <bdi>{name || t.file}</bdi>
            <span class="muted-text">{sending ? sizeText(sending.total) : ""}</span>
          </span>
        </span>
      ) : (
        <img class="sending-picture" src={url} alt={name} />
      )}
      {item.status === "pending" && (
        <span class="file-progress">
          <progress max={100} value={percent} aria-label={t.uploading(percent)} />
          <button type="button" class="link" onClick={() => client.discard(item.client_msg_id)}>
            {t.cancel}
          </button>
        </span>
      )}
    </span>
  );
}
