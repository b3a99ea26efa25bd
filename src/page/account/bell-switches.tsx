import { hasNotifications, hasSound, mayNotify, switchNotifications, switchSound } from "../bell.ts";
import { useWords } from "../i18n/index.ts";
import { isPushed } from "../pushed.ts";
import { useView } from "../store.ts";
import { Switch } from "../ui/switch.tsx";
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
      <Switch label={t.sound} checked={isSounding} onChange={switchSound} />
      <Switch
        label={t.desktopNotifications}
        checked={isNotifying}
        disabled={!isAllowed}
        onChange={(checked, input) =>
          void switchNotifications(checked).finally(() => {
            input.checked = hasNotifications.getSnapshot();
          })
        }
      />
      {isNotifying && <PrivacyChoice />}
      {isNotifying && isReachable && <p class="hint">{t.notificationsWhenClosed}</p>}
      {!isAllowed && <p class="hint">{t.notificationsBlocked}</p>}
    </>
  );
}
