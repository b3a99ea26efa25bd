import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { closeChat } from "../route.ts";
import { ErrorText } from "../ui/field.tsx";

/** Accepts or declines an invitation to a group. */
export function InvitationAnswer({ groupId }: { readonly groupId: string }) {
  const t = useWords();
  const { api } = useClient();
  const { run, isBusy, error } = useAction();
  return (
    <>
      <ErrorText error={error} />
      <div class="buttons stacked">
        <button
          type="button"
          class="button primary"
          disabled={isBusy}
          onClick={() => void run(() => api.group.answerInvite(groupId, true))}
        >
          {t.safety.accept}
        </button>
        <button
          type="button"
          class="button"
          disabled={isBusy}
          onClick={() => void run(() => api.group.answerInvite(groupId, false)).then((isDone) => isDone && closeChat())}
        >
          {t.safety.decline}
        </button>
      </div>
    </>
  );
}
