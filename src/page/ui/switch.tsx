interface SwitchProps {
  readonly label: string;
  readonly checked: boolean;
  readonly disabled?: boolean;
  /** The id of a text that explains it. */
  readonly hint?: string;
  readonly onChange: (checked: boolean, input: HTMLInputElement) => void;
}

/** A labelled setting that is on or off. */
export function Switch({ label, hint, onChange, ...rest }: SwitchProps) {
  return (
    <label class="setting">
      <span>{label}</span>
      <input
        type="checkbox"
        class="switch"
        aria-describedby={hint}
        {...rest}
        onChange={({ currentTarget }) => onChange(currentTarget.checked, currentTarget)}
      />
    </label>
  );
}
