import { useEffect, useId, useState } from "preact/hooks";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { ErrorText } from "../ui/field.tsx";
import { Switch } from "../ui/switch.tsx";

/** Whether the user appears offline to everyone. Only the server knows: it may have been set on another device. */
export function HiddenSwitch() {
  const t = useWords();
  const { api } = useClient();
  const id = useId();
  const [isHidden, setHidden] = useState<boolean | null>(null);
  const { run, error } = useAction();
  useEffect(() => void run(async () => setHidden((await api.user.me()).hidden)), [api]);
  function change(hidden: boolean): void {
    setHidden(hidden);
    void run(async () => setHidden((await api.user.update({ hidden })).hidden)).then((isDone) => {
      if (!isDone) setHidden(!hidden);
    });
  }
  return (
    <>
      <Switch
        label={t.appearOffline}
        hint={`${id}-hint`}
        checked={isHidden ?? false}
        disabled={isHidden === null}
        onChange={change}
      />
      <p class="hint" id={`${id}-hint`}>
        {t.appearOfflineHint}
      </p>
      <ErrorText error={error} />
    </>
  );
}
