import { byteLength } from "../../protocol/text.ts";

const MAX_BYTES = 200;
const MAX_EXTENSION = 16;

/**
 * A file name that is safe to save under and to show: no path, no control characters, no direction controls (U+202E
 * makes `gpj.exe` look like a picture), no leading or trailing dots. "" if nothing is left.
 */
export function safeName(name: string): string {
  const plain = name
    .toWellFormed()
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uFFFD]/gu, "")
    .replace(/[/\\:*?"<>|]/g, "_")
    .replace(/^[.\s_]+|[.\s]+$/g, "");
  return shortened(plain);
}

/** Cut in front of the extension, which says what opens the file. */
function shortened(name: string): string {
  if (byteLength(name) <= MAX_BYTES) return name;
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 && name.length - dot <= MAX_EXTENSION ? name.slice(dot) : "";
  const characters = [...name.slice(0, name.length - extension.length)];
  while (byteLength(characters.join("") + extension) > MAX_BYTES) characters.pop();
  return characters.join("") + extension;
}

/** A Content-Disposition: the name in ASCII for old clients (RFC 6266), and in UTF-8 (RFC 8187). */
export function disposition(type: "inline" | "attachment", name: string): string {
  if (name === "") return type;
  const ascii = name.replace(/[^ -~]|["%\\]/g, "_");
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
  return `${type}; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
