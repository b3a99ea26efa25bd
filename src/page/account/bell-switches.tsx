import { hasNotifications, hasSound, mayNotify, switchNotifications, switchSound } from "../bell.ts";
import { useWords } from "../i18n/index.ts";
import { isPushed } from "../pushed.ts";
import { useView } from "../store.ts";
import { PrivacyChoice } from "./privacy-choice.tsx";

/** How this browser signals a message that arrived while the user was not looking. */
export function BellSwitches() {
  const t = useWords();
  const isSounding = useView(hasSound);
  const isNotifying = useView(hasNotifications);
  const isReachable = useView(isPushed);
  const isAllowed = mayNotify();
  return (
    <>
      <label class="setting">
        <span>{t.sound}</span>
        <input
          type="checkbox"
          class="switch"
          checked={isSounding}
          onChange={(event) => switchSound(event.currentTarget.checked)}
        />
      </label>
      <label class="setting">
        <span>{t.desktopNotifications}</span>
        <input
          type="checkbox"
          class="switch"
          checked={isNotifying}
          disabled={!isAllowed}
          onChange={({ currentTarget }) =>
            void switchNotifications(currentTarget.checked).finally(() => {
              currentTarget.checked = hasNotifications.getSnapshot();
            })
          }
        />
      </label>
      {isNotifying && <PrivacyChoice />}
      {isNotifying && isReachable && <p class="hint">{t.notificationsWhenClosed}</p>}
      {!isAllowed && <p class="hint">{t.notificationsBlocked}</p>}
    </>
  );
}
