import { useState } from "preact/hooks";
import { type MessageItem, MessageType } from "../../client/index.ts";
import { useWords } from "../i18n/index.ts";
import { isPicture } from "../ui/avatar.tsx";

interface ContentProps {
  readonly item: MessageItem;
  readonly name: string;
}

/** What a message says. Whatever the type, it ends up as text nodes and checked addresses. */
export function Content({ item: { msg_type, content }, name }: ContentProps) {
  const t = useWords();
  switch (msg_type) {
    case MessageType.TEXT:
      return <Text text={textOf(content.text)} />;
    case MessageType.IMAGE:
      return <Image content={content} alt={t.imageAlt(name)} />;
    case MessageType.VIDEO:
      return <Link url={textOf(content.video_url ?? content.video)} label={t.video} />;
    case MessageType.AUDIO:
      return <Link url={textOf(content.audio_url ?? content.audio)} label={t.audio} />;
    case MessageType.FILE:
      return <Link url={textOf(content.file_url ?? content.file)} label={textOf(content.file_name) || t.file} />;
    default:
      return <span class="text muted-text">{t.custom}</span>;
  }
}

const FEW_EMOJI = /^(?:\p{RGI_Emoji}\s*){1,3}$/v;
const ADDRESS = /(https?:\/\/[^\s<>"'“”‘’（）「」，。；！？]+[^\s<>"'“”‘’（）「」，。；！？.,:;!?)\]])/;

/** Text with its line breaks, and links for what looks like one. */
function Text({ text }: { readonly text: string }) {
  return (
    <span class={FEW_EMOJI.test(text) ? "text emoji" : "text"}>
      {text
        .split(ADDRESS)
        .map((part, index) => (index % 2 === 1 ? <Link key={index} url={part} label={part} /> : part))}
    </span>
  );
}

/** A link that leads only where a browser may go; another address stands there as text. */
function Link({ url, label }: { readonly url: string; readonly label: string }) {
  if (!/^https?:\/\//i.test(url)) return <span class="text">{label}</span>;
  return (
    <a href={url} target="_blank" rel="noopener noreferrer nofollow" dir="auto">
      {label}
    </a>
  );
}

const LARGEST = 320;

function Image({ content, alt }: { readonly content: Readonly<Record<string, unknown>>; readonly alt: string }) {
  const t = useWords();
  const [isBroken, setBroken] = useState(false);
  const url = textOf(content.image_url ?? content.image);
  if (!isPicture(url) || isBroken) return <Link url={url} label={`[${t.image}] ${url}`} />;
  const { width, height } = fitted(content.image_width, content.image_height);
  return (
    <a class="image" href={url} target="_blank" rel="noopener noreferrer nofollow">
      <img src={url} alt={alt} width={width} height={height} loading="lazy" onError={() => setBroken(true)} />
    </a>
  );
}

/** The size on the screen, known before the image is: what is below must not jump. */
function fitted(width: unknown, height: unknown): { width: number; height: number } {
  const [w, h] = [Number(width), Number(height)];
  if (!(w > 0 && h > 0)) return { width: 240, height: 180 };
  const scale = Math.min(1, LARGEST / w, LARGEST / h);
  return { width: Math.max(Math.round(w * scale), 48), height: Math.max(Math.round(h * scale), 48) };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
