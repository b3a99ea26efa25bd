import { useEffect, useState } from "preact/hooks";
import type { Conversation, GroupApplication, GroupBan } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { PersonLine } from "../people/person-line.tsx";
import { linkToJoin } from "../route.ts";
import { CopyButton } from "../ui/copy-button.tsx";
import { ErrorText } from "../ui/field.tsx";
import { isolated } from "../words.ts";

/** The users who wait for approval, the invite link and the banned users, for the owner and admins. */
export function Admission({ conversation }: { readonly conversation: Conversation }) {
  const { group_id, application_count } = conversation;
  return (
    <>
      {application_count > 0 && <Applications groupId={group_id} count={application_count} />}
      <InviteLink groupId={group_id} />
      <Bans groupId={group_id} />
    </>
  );
}

function Applications({ groupId, count }: { readonly groupId: string; readonly count: number }) {
  const t = useWords();
  const { api } = useClient();
  const [waiting, setWaiting] = useState<readonly GroupApplication[]>([]);
  const { run, isBusy, error } = useAction();
  useEffect(
    () => void run(async () => setWaiting((await api.group.applications({ group_id: groupId })).items)),
    [api, groupId, count],
  );
  const answer = (userId: string, accept: boolean) =>
    void run(async () => {
      await api.group.answerApplication(groupId, userId, accept);
      setWaiting((before) => before.filter(({ user_id }) => user_id !== userId));
    });
  return (
    <section aria-label={t.groups.waiting}>
      <h3>{t.groups.waiting}</h3>
      <ul class="people">
        {waiting.map(({ user_id, nickname }) => (
          <li key={user_id} class="setting">
            <PersonLine userId={user_id} name={nickname} />
            {[t.groups.letIn, t.safety.decline].map((label, at) => (
              <button
                key={label}
                type="button"
                class="button small"
                disabled={isBusy}
                aria-label={`${label}: ${isolated(nickname)}`}
                onClick={() => answer(user_id, at === 0)}
              >
                {label}
              </button>
            ))}
          </li>
        ))}
      </ul>
      <ErrorText error={error} />
    </section>
  );
}

function InviteLink({ groupId }: { readonly groupId: string }) {
  const t = useWords();
  const { api } = useClient();
  const [code, setCode] = useState<string | null>(null);
  const { run, isBusy, error } = useAction();
  const address = code && location.origin + location.pathname + linkToJoin(code);
  return (
    <>
      {address ? (
        <>
          <p class="muted-text invite-link" dir="ltr">
            {address}
          </p>
          <CopyButton label={t.groups.copyInvite} text={address} />
          <button
            type="button"
            class="button danger-text wide"
            disabled={isBusy}
            onClick={() =>
              void run(async () => {
                await api.group.revokeLink(groupId);
                setCode(null);
              })
            }
          >
            {t.groups.endLinks}
          </button>
        </>
      ) : (
        <button
          type="button"
          class="button wide"
          disabled={isBusy}
          onClick={() =>
            void run(async () => {
              const [known] = await api.group.links(groupId);
              setCode((known ?? (await api.group.makeLink({ group_id: groupId }))).code);
            })
          }
        >
          {t.groups.makeLink}
        </button>
      )}
      <ErrorText error={error} />
    </>
  );
}

function Bans({ groupId }: { readonly groupId: string }) {
  const t = useWords();
  const { api } = useClient();
  const [bans, setBans] = useState<readonly GroupBan[] | null>(null);
  const { run, isBusy, error } = useAction();
  const read = async () => setBans((await api.group.bans({ group_id: groupId })).items);
  return (
    <details class="fold" onToggle={({ currentTarget }) => currentTarget.open && void run(read)}>
      <summary>{t.groups.banned}</summary>
      {bans?.length === 0 && <p class="muted-text">{t.groups.nobodyBanned}</p>}
      <ul class="people">
        {bans?.map(({ user_id, nickname }) => (
          <li key={user_id} class="setting">
            <PersonLine userId={user_id} name={nickname} />
            <button
              type="button"
              class="button small"
              disabled={isBusy}
              aria-label={`${t.groups.unban}: ${isolated(nickname)}`}
              onClick={() => void run(async () => api.group.unban(groupId, user_id).then(read))}
            >
              {t.groups.unban}
            </button>
          </li>
        ))}
      </ul>
      <ErrorText error={error} />
    </details>
  );
}
