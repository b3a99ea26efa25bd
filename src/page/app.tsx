import { useLayoutEffect, useMemo, useState } from "preact/hooks";
import { SignIn } from "./account/sign-in.tsx";
import { SignedInContext } from "./context.ts";
import { Home } from "./home.tsx";
import { initialLanguage, keepLanguage, LANGUAGES, type Language, LanguageContext } from "./i18n/index.ts";
import { session } from "./session.ts";
import { useView } from "./store.ts";

export function App() {
  const now = useView(session);
  const [language, setLanguage] = useState(initialLanguage);
  useLayoutEffect(() => {
    document.documentElement.lang = LANGUAGES[language].code;
  }, [language]);
  const spoken = useMemo(() => {
    const speak = (next: Language) => {
      keepLanguage(next);
      setLanguage(next);
    };
    return { language, speak };
  }, [language]);
  return (
    <LanguageContext.Provider value={spoken}>
      {now.status === "signed_in" ? (
        <SignedInContext.Provider value={now}>
          <Home key={now.client.userId} />
        </SignedInContext.Provider>
      ) : (
        <SignIn reason={now.reason} />
      )}
    </LanguageContext.Provider>
  );
}
