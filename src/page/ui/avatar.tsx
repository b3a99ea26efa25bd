interface AvatarProps {
  /** Says the colour, so that it stays when the name changes. */
  readonly id: string;
  readonly name: string;
  readonly url?: string;
  readonly size?: "small" | "large";
  readonly isOnline?: boolean | undefined;
}

const HUES = 8;

/** A picture, or a name's first letter on a colour. Decoration: the name stands beside it. */
export function Avatar({ id, name, url = "", size, isOnline }: AvatarProps) {
  const hue = [...id].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 9_973, 7) % HUES;
  return (
    <span class={`avatar hue-${hue} ${size ?? ""}`} aria-hidden="true">
      {isPicture(url) ? <img src={url} alt="" loading="lazy" /> : firstOf(name || id)}
      {isOnline && <span class="presence-dot" />}
    </span>
  );
}

/** Whether an address may be shown as a picture: the page's policy allows no other. */
export function isPicture(url: string): boolean {
  return url.startsWith("https://") || url.startsWith(`${location.origin}/`);
}

/** The first character as people count them: a family emoji or a letter with its accents is one. */
function firstOf(name: string): string {
  const [first] = new Intl.Segmenter().segment(name.trim());
  return first?.segment.toLocaleUpperCase() ?? "?";
}
