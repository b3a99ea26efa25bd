import { useState } from "preact/hooks";
import type { Media } from "../../client/index.ts";
import { useWords } from "../i18n/index.ts";
import { hostOf } from "../links.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Icon } from "../ui/icons.tsx";
import { durationText, sizeText } from "./sizes.ts";

interface PictureProps {
  readonly media: Media;
  readonly alt: string;
  readonly width: number;
  readonly height: number;
  readonly onBroken: () => void;
}

/** A picture of this server: small in the chat, whole in a viewer. */
export function Picture({ media: { url, thumbnail_url }, alt, width, height, onBroken }: PictureProps) {
  const t = useWords();
  const [isOpen, open] = useState(false);
  return (
    <>
      <button type="button" class="image" aria-label={t.openImage(alt)} onClick={() => open(true)}>
        <img
          src={thumbnail_url ?? url}
          alt={alt}
          width={width}
          height={height}
          loading="lazy"
          referrerpolicy="no-referrer"
          onError={onBroken}
        />
      </button>
      {isOpen && (
        <Dialog title={alt} class="viewer" onClose={() => open(false)}>
          <img src={url} alt={alt} referrerpolicy="no-referrer" />
          <a href={url} target="_blank" rel="noopener noreferrer" download="">
            {t.download}
          </a>
        </Dialog>
      )}
    </>
  );
}

/** A video of this server. Nothing of it is loaded before it is played, except its thumbnail. */
export function Video({ media: { url, thumbnail_url } }: { readonly media: Media }) {
  const t = useWords();
  return (
    // biome-ignore lint/a11y/useMediaCaption: users send videos without captions
    <video class="player" src={url} poster={thumbnail_url} controls preload="none" playsInline aria-label={t.video} />
  );
}

/** A voice message or any other audio of this server. */
export function Audio({ media: { url, duration } }: { readonly media: Media }) {
  const t = useWords();
  return (
    <span class="audio">
      {/* biome-ignore lint/a11y/useMediaCaption: users send audio without captions */}
      <audio class="player" src={url} controls preload="none" aria-label={t.audio} />
      {duration !== undefined && <span class="muted-text">{durationText(duration)}</span>}
    </span>
  );
}

/** A file of this server, with the host that it comes from. */
export function FileRow({ media: { url, size }, name }: { readonly media: Media; readonly name: string }) {
  const t = useWords();
  return (
    <a class="file-row" href={url} download={name} target="_blank" rel="noopener noreferrer" title={t.download}>
      <Icon name="file" />
      <span class="file-name">
        <bdi class="text">{name}</bdi>
        <span class="muted-text">
          {[size === undefined ? "" : sizeText(size), hostOf(url)].filter(Boolean).join(" · ")}
        </span>
      </span>
    </a>
  );
}
