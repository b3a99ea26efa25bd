import { useState } from "preact/hooks";
import { usePicture } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { hostOf } from "../links.ts";
import { isolated } from "../words.ts";

interface AvatarProps {
  /** The id of a user or a group. It determines the colour, so that the colour stays when the name changes. */
  readonly id: string;
  readonly name: string;
  readonly url?: string;
  readonly size?: "small" | "large";
  readonly isOnline?: boolean | undefined;
}

const HUES = 8;
/** Made once: making one takes longer than rendering a row. */
const characters = new Intl.Segmenter();

/** A picture, or the first letter of a name on a colour. It is decorative: the name is next to it. */
export function Avatar({ id, name, url = "", size, isOnline }: AvatarProps) {
  const { isShown } = usePicture(url, id);
  const [broken, setBroken] = useState("");
  const hue = [...id].reduce((sum, character) => (sum * 31 + (character.codePointAt(0) ?? 0)) % 9_973, 7) % HUES;
  return (
    <span class={`avatar hue-${hue} ${size ?? ""}`} aria-hidden="true">
      {isShown && broken !== url ? (
        <img src={url} alt="" loading="lazy" referrerpolicy="no-referrer" onError={() => setBroken(url)} />
      ) : (
        firstOf(name || id)
      )}
      {isOnline && <span class="presence-dot" />}
    </span>
  );
}

/** An avatar, with a button that loads its picture while that is withheld. */
export function Portrait(props: AvatarProps) {
  const t = useWords();
  const { id, name, url = "", size } = props;
  const { isWithheld, show } = usePicture(url, id);
  if (!isWithheld) return <Avatar {...props} />;
  return (
    <button
      type="button"
      class="portrait"
      aria-label={size === "large" ? undefined : t.showPictureOf(isolated(name || id))}
      title={t.fromHost(hostOf(url))}
      onClick={({ currentTarget }) => {
        // The button is removed after the click.
        currentTarget.closest("dialog")?.querySelector("button")?.focus();
        show();
      }}
    >
      <Avatar {...props} />
      {size === "large" && <span>{t.showPicture}</span>}
    </button>
  );
}

/** The first character as users see it: a family emoji or a letter with its accents is one character. */
function firstOf(name: string): string {
  const [first] = characters.segment(name.trim());
  return first?.segment.toLocaleUpperCase() ?? "?";
}
