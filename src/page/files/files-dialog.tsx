import { useWords } from "../i18n/index.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icons.tsx";
import { useBlobUrl } from "./blob-url.ts";
import { sizeText } from "./sizes.ts";

interface FilesDialogProps {
  readonly files: readonly File[];
  readonly onSend: () => void;
  readonly onClose: () => void;
}

/** Shows what is about to be sent: a paste or a drop is easily an accident. */
export function FilesDialog({ files, onSend, onClose }: FilesDialogProps) {
  const t = useWords();
  return (
    <Dialog title={t.sendFiles(files.length)} onClose={onClose} class="narrow">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation();
          onSend();
        }}
      >
        <ul class="file-list">
          {files.map((file, index) => (
            <li key={index} class="file-row">
              <Preview file={file} />
              <span class="file-name">
                <bdi>{file.name}</bdi>
                <span class="muted-text">{sizeText(file.size)}</span>
              </span>
            </li>
          ))}
        </ul>
        {/* biome-ignore lint/a11y/noAutofocus: the dialog has one action */}
        <button type="submit" class="button primary wide" autoFocus>
          {t.send}
        </button>
      </form>
    </Dialog>
  );
}

function Preview({ file }: { readonly file: File }) {
  const url = useBlobUrl(file.type.startsWith("image/") ? file : null);
  return url === "" ? <Icon name="file" /> : <img src={url} alt="" />;
}
