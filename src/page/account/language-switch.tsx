import { LANGUAGES, type Language, useLanguage, useWords } from "../i18n/index.ts";

/** Shows each language under its own name, for users who cannot read the current one. */
export function LanguageSwitch() {
  const t = useWords();
  const { language, speak } = useLanguage();
  return (
    <fieldset class="segments">
      <legend class="visually-hidden">{t.language}</legend>
      {(Object.keys(LANGUAGES) as Language[]).map((each) => (
        <label key={each} lang={LANGUAGES[each].code}>
          <input type="radio" name="language" checked={each === language} onChange={() => speak(each)} />
          <span>{LANGUAGES[each].name}</span>
        </label>
      ))}
    </fieldset>
  );
}
