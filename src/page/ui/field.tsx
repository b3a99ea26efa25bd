import { useId } from "preact/hooks";
import { useWords, type Words } from "../i18n/index.ts";
import { isPicture } from "../pictures.ts";

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
  readonly onKeyDown?: (event: KeyboardEvent) => void;
}

/** A labelled single-line input. */
export function Field({ label, hint, value, onInput, maxLength, type = "text", ...rest }: FieldProps) {
  const t = useWords();
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
        onInvalid={({ currentTarget: input }) => {
          if (!input.validity.customError) input.setCustomValidity(whatIsWrong(t, input.validity));
        }}
        onInput={({ currentTarget }) => {
          // The browser's own limit would cut off pasted text without a message.
          const isTooLong = maxLength !== undefined && currentTarget.value.length > maxLength;
          // A picture over http: could be read and changed in transit; the page's policy refuses it.
          const isPlainHttp =
            type === "url" && /^\s*http:/i.test(currentTarget.value) && !isPicture(currentTarget.value);
          const wrong = isTooLong ? t.fieldTooLong(maxLength) : isPlainHttp ? t.fieldNeedsHttps : "";
          currentTarget.setCustomValidity(wrong);
          onInput(currentTarget.value);
        }}
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

/** The browser's validation messages for a field, in the language of the page. */
function whatIsWrong(t: Words, { valueMissing, tooShort, typeMismatch }: ValidityState): string {
  if (valueMissing) return t.fieldEmpty;
  if (tooShort) return t.passwordHint;
  return typeMismatch ? t.fieldNoAddress : t.fieldNoId;
}

/** An error message; screen readers announce it when it appears. */
export function ErrorText({ error }: { readonly error: string | null }) {
  return (
    <p class="error" role="alert">
      {error}
    </p>
  );
}
