import type { MouseEventHandler } from "preact";
import { Icon, type IconName } from "./icons.tsx";

interface IconButtonProps {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick?: MouseEventHandler<HTMLButtonElement>;
  readonly class?: string;
  readonly type?: "button" | "submit";
  readonly disabled?: boolean;
  readonly expanded?: boolean;
}

/** A button that shows an icon; its label is for screen readers and appears on hover. */
export function IconButton({ icon, label, onClick, class: extra = "", type = "button", ...rest }: IconButtonProps) {
  return (
    <button
      type={type}
      class={`icon-button ${extra}`}
      aria-label={label}
      title={label}
      onClick={onClick}
      disabled={rest.disabled}
      aria-expanded={rest.expanded}
    >
      <Icon name={icon} />
    </button>
  );
}
