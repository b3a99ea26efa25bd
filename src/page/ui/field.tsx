import { useId } from "preact/hooks";

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly hint?: string;
  readonly type?: "text" | "password" | "url";
  readonly required?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly autoComplete?: string;
  readonly autoFocus?: boolean;
}

/** A labelled line of text. */
export function Field({ label, hint, value, onInput, type = "text", ...rest }: FieldProps) {
  const id = useId();
  const isPlain = rest.autoComplete === undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type={type as "text"}
        value={value}
        dir="auto"
        aria-describedby={hint ? `${id}-hint` : undefined}
        onInput={(event) => onInput(event.currentTarget.value)}
        autocapitalize={isPlain ? undefined : "none"}
        spellcheck={false}
        {...rest}
        autoComplete={rest.autoComplete ?? "off"}
      />
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** What went wrong; said aloud as it appears. */
export function ErrorText({ error }: { readonly error: string | null }) {
  return (
    <p class="error" role="alert">
      {error}
    </p>
  );
}
