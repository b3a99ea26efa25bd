import type { PushPrivacy } from "../../client/index.ts";
import { choosePrivacy, privacy } from "../bell.ts";
import { useWords } from "../i18n/index.ts";
import { useView } from "../store.ts";

const CHOICES: readonly PushPrivacy[] = ["full", "name", "none"];

/** What notifications show to somebody who sees the screen. */
export function PrivacyChoice() {
  const t = useWords();
  const chosen = useView(privacy);
  return (
    <div class="setting">
      <span>{t.notificationsShow}</span>
      <fieldset class="segments">
        <legend class="visually-hidden">{t.notificationsShow}</legend>
        {CHOICES.map((each) => (
          <label key={each}>
            <input type="radio" name="privacy" checked={each === chosen} onChange={() => choosePrivacy(each)} />
            <span>{t.notificationPrivacy[each]}</span>
          </label>
        ))}
      </fieldset>
    </div>
  );
}
