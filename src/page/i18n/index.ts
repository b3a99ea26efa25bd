import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { keep, readKept } from "../kept.ts";
import { en, type Words } from "./en.ts";
import { zh } from "./zh.ts";

export type { Words };
export type Language = "en" | "zh";

export const LANGUAGES: Readonly<Record<Language, Words>> = { en, zh };
const KEPT_AS = "nexo-im/language";

/** The language chosen here before, otherwise the one the browser requests. */
export function initialLanguage(): Language {
  const kept = readKept(KEPT_AS);
  if (kept === "en" || kept === "zh") return kept;
  return /^zh\b/i.test(navigator.language) ? "zh" : "en";
}

export function keepLanguage(language: Language): void {
  keep(KEPT_AS, language);
}

interface Spoken {
  readonly language: Language;
  readonly speak: (language: Language) => void;
}

export const LanguageContext = createContext<Spoken>({ language: "en", speak: () => undefined });

/** The texts in the page's language. */
export function useWords(): Words {
  return LANGUAGES[useContext(LanguageContext).language];
}

export function useLanguage(): Spoken {
  return useContext(LanguageContext);
}
