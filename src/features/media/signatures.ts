/** The type under which any other file is served: browsers save it and never run it. */
export const OTHER_TYPE = "application/octet-stream";

/** How many of the first bytes the signatures need. */
export const SIGNATURE_BYTES = 64;

/** What the first bytes show. A container shows what is inside only by the type that the sender declares. */
type Family = "jpeg" | "png" | "gif" | "webp" | "avif" | "mp4" | "webm" | "mp3" | "ogg" | "wav";

/** The types that browsers may show in place, by family; the first one if none of them was declared. [MEDIA-4] */
const TYPES: Readonly<Record<Family, readonly [string, ...string[]]>> = {
  jpeg: ["image/jpeg"],
  png: ["image/png"],
  gif: ["image/gif"],
  webp: ["image/webp"],
  avif: ["image/avif"],
  mp4: ["video/mp4", "audio/mp4"],
  webm: ["video/webm", "audio/webm"],
  mp3: ["audio/mpeg"],
  ogg: ["audio/ogg"],
  wav: ["audio/wav"],
};

/** Other names of these types that are in use. */
const ALIASES: Readonly<Record<string, string>> = {
  "image/jpg": "image/jpeg",
  "audio/mp3": "audio/mpeg",
  "audio/m4a": "audio/mp4",
  "audio/x-m4a": "audio/mp4",
  "audio/wave": "audio/wav",
  "audio/x-wav": "audio/wav",
  "audio/vnd.wave": "audio/wav",
  "application/ogg": "audio/ogg",
};

const SHOWN: ReadonlySet<string> = new Set(Object.values(TYPES).flat());

/**
 * The type to serve a file with. A file declared as one of the types that browsers show must begin like one; a file
 * declared as anything else is served as OTHER_TYPE, whatever it contains.
 * @param declared "" if the sender declared none: then the first bytes decide
 * @returns null if the first bytes do not show the declared type
 */
export function servedType(declared: string, head: Uint8Array): string | null {
  const bare = (declared.split(";")[0] ?? "").trim().toLowerCase();
  const type = ALIASES[bare] ?? bare;
  const family = familyOf(head);
  if (type === "") return family ? TYPES[family][0] : OTHER_TYPE;
  if (!SHOWN.has(type)) return OTHER_TYPE;
  return family && TYPES[family].includes(type) ? type : null;
}

function familyOf(head: Uint8Array): Family | null {
  const text = String.fromCharCode(...head.subarray(0, SIGNATURE_BYTES));
  if (text.startsWith("\xFF\xD8\xFF")) return "jpeg";
  if (text.startsWith("\x89PNG\r\n\x1A\n")) return "png";
  if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) return "gif";
  if (text.startsWith("OggS")) return "ogg";
  if (text.startsWith("RIFF")) return riffFamily(text.slice(8, 12));
  if (text.slice(4, 8) === "ftyp") return isoFamily(text.slice(8, 12));
  // Matroska has the same beginning; only WebM is on the list.
  if (text.startsWith("\x1A\x45\xDF\xA3")) return text.includes("webm") ? "webm" : null;
  return text.startsWith("ID3") || isMp3Frame(head) ? "mp3" : null;
}

function riffFamily(form: string): Family | null {
  if (form === "WEBP") return "webp";
  return form === "WAVE" ? "wav" : null;
}

/** The major brand of an ISO base media file (ISO/IEC 14496-12). HEIF images have brands of their own. */
function isoFamily(brand: string): Family | null {
  if (brand === "avif" || brand === "avis") return "avif";
  return /^(hei|hev|mif1|msf1|qt )/.test(brand) ? null : "mp4";
}

/** A frame header of MPEG audio: eleven set bits, and layer III. A text in UTF-16 begins with FF FE, which is not. */
function isMp3Frame([first = 0, second = 0]: Uint8Array): boolean {
  return first === 0xff && (second & 0xe6) === 0xe2;
}
