import { useEffect, useRef, useState } from "preact/hooks";
import { type Media, type MessageItem, MessageType, mediaOf, waitsForFile } from "../../client/index.ts";
import { usePicture } from "../context.ts";
import { Audio, FileRow, Picture, Video } from "../files/media.tsx";
import { SendingContent } from "../files/sending.tsx";
import { useWords } from "../i18n/index.ts";
import { hostOf, isAddress, partsOf } from "../links.ts";
import { isOwnSite, isPicture } from "../pictures.ts";
import { Icon } from "../ui/icons.tsx";
import { splitAtMentions } from "./mentions.ts";

interface ContentProps {
  readonly item: MessageItem;
  readonly name: string;
  /** The names of whom the text mentions, one a line. */
  readonly mentioned: string;
}

/** The content of a message. Every type is rendered as text nodes and checked addresses. */
export function Content({ item, name, mentioned }: ContentProps) {
  const t = useWords();
  const { msg_type, content, sender_id } = item;
  if (waitsForFile(content)) return <SendingContent item={item} />;
  const media = mediaOf(item);
  const isOwn = media !== null && isOwnSite(media.url);
  switch (msg_type) {
    case MessageType.TEXT:
      return <Text text={textOf(content.text)} mentioned={mentioned} />;
    case MessageType.IMAGE:
      return <Image item={item} senderId={sender_id} alt={t.imageAlt(name)} />;
    case MessageType.VIDEO:
      if (isOwn) return <Video media={ownOnly(media)} />;
      return <Attachment url={textOf(content.video_url ?? content.video)} label={t.video} />;
    case MessageType.AUDIO:
      if (isOwn) return <Audio media={media} />;
      return <Attachment url={textOf(content.audio_url ?? content.audio)} label={t.audio} />;
    case MessageType.FILE:
      if (isOwn) return <FileRow media={media} name={plain(media.name ?? "") || t.file} />;
      return (
        <Attachment url={textOf(content.file_url ?? content.file)} label={plain(textOf(content.file_name)) || t.file} />
      );
    default:
      return <span class="text muted-text">{t.custom}</span>;
  }
}

const FEW_EMOJI = /^(?:\p{RGI_Emoji}\s*){1,3}$/v;

/** Text with its line breaks, and with links for addresses. */
function Text({ text, mentioned }: { readonly text: string; readonly mentioned: string }) {
  return (
    <span class={FEW_EMOJI.test(text) ? "text emoji" : "text"}>
      {partsOf(text).map((part, index) =>
        part.isAddress ? (
          <Link key={index} url={part.text} label={part.text} />
        ) : mentioned === "" ? (
          part.text
        ) : (
          splitAtMentions(part.text, mentioned.split("\n")).map((each, at) =>
            each.isMention ? (
              <strong key={at} class="mention">
                {each.text}
              </strong>
            ) : (
              each.text
            ),
          )
        ),
      )}
    </span>
  );
}

function Link({ url, label }: { readonly url: string; readonly label: string }) {
  return (
    <a href={url} target="_blank" rel="noopener noreferrer nofollow" dir="auto">
      {label}
    </a>
  );
}

/** A name, with a link that shows where it leads: the sender chooses the name, and may make it look like an address. */
function Attachment({ url, label }: { readonly url: string; readonly label: string }) {
  const t = useWords();
  return (
    <span class="attachment">
      <bdi class="text">{label}</bdi>
      {isAddress(url) && <Link url={url} label={t.openAt(hostOf(url))} />}
    </span>
  );
}

const LARGEST = 320;

interface ImageProps {
  readonly item: MessageItem;
  readonly senderId: string;
  readonly alt: string;
}

function Image({ item, senderId, alt }: ImageProps) {
  const t = useWords();
  const content: Readonly<Record<string, unknown>> = item.content;
  const media = mediaOf(item);
  const url = textOf(content.image_url ?? content.image);
  const { isWithheld, show } = usePicture(url, senderId);
  const [isBroken, setBroken] = useState(false);
  const [isAsked, ask] = useState(false);
  const link = useRef<HTMLAnchorElement>(null);
  // The button that requested it has been removed.
  useEffect(() => {
    if (isAsked) link.current?.focus({ preventScroll: true });
  }, [isAsked]);
  if (!isPicture(url) || isBroken) return <Attachment url={url} label={`[${t.image}]`} />;
  const { width, height } = fitted(content.image_width, content.image_height);
  if (media && isOwnSite(url)) {
    return <Picture media={ownOnly(media)} alt={alt} width={width} height={height} onBroken={() => setBroken(true)} />;
  }
  if (isWithheld) {
    return (
      <button
        type="button"
        class="withheld"
        style={{ width: `${width}px`, minHeight: `${height}px` }}
        title={t.fromHost(hostOf(url))}
        onClick={() => {
          ask(true);
          show();
        }}
      >
        <Icon name="image" />
        <span>{t.showImage}</span>
        <span class="host">{hostOf(url)}</span>
      </button>
    );
  }
  return (
    <a ref={link} class="image" href={url} target="_blank" rel="noopener noreferrer nofollow">
      <img
        src={url}
        alt={alt}
        width={width}
        height={height}
        loading="lazy"
        referrerpolicy="no-referrer"
        onError={() => setBroken(true)}
      />
    </a>
  );
}

/** A thumbnail elsewhere would be loaded without a click. [PAGE-1] */
function ownOnly({ thumbnail_url, ...media }: Media): Media {
  return { ...media, thumbnail_url: thumbnail_url && isOwnSite(thumbnail_url) ? thumbnail_url : undefined };
}

/** The size on the screen, known before the image is loaded, so that the content below does not shift. */
function fitted(width: unknown, height: unknown): { width: number; height: number } {
  const [w, h] = [Number(width), Number(height)];
  if (!(w > 0 && h > 0)) return { width: 240, height: 180 };
  const scale = Math.min(1, LARGEST / w, LARGEST / h);
  return { width: Math.max(Math.round(w * scale), 48), height: Math.max(Math.round(h * scale), 48) };
}

/** Removes direction controls: U+202E makes `gpj.exe` look like a picture's name. */
function plain(name: string): string {
  return name.replace(/[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, "");
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
