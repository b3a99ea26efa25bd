import { useRef } from "preact/hooks";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { ErrorText } from "../ui/field.tsx";

/** Uploads a picture as an avatar, and hands over its address. */
export function PictureUpload({ onUploaded }: { readonly onUploaded: (url: string) => void }) {
  const t = useWords();
  const client = useClient();
  const input = useRef<HTMLInputElement>(null);
  const { run, isBusy, error } = useAction();
  return (
    <>
      <button type="button" class="button" disabled={isBusy} onClick={() => input.current?.click()}>
        {t.uploadPicture}
      </button>
      <input
        ref={input}
        hidden
        type="file"
        accept="image/jpeg,image/png,image/gif,image/webp,image/avif"
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          currentTarget.value = "";
          if (file) void run(async () => onUploaded(await client.uploadAvatar(file)));
        }}
      />
      <ErrorText error={error} />
    </>
  );
}
