import { useState } from "preact/hooks";
import { Code, type Group, groupConversationId, JoinMode, NexoClientError, type User } from "../../client/index.ts";
import { useClient, useConversations } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { openChat } from "../route.ts";
import { Portrait } from "../ui/avatar.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { ErrorText, Field } from "../ui/field.tsx";

interface Found {
  readonly users: readonly User[];
  readonly group: Group | null;
}

/** Finds a user or a group by the exact id, and users who let themselves be found by the beginning of their name. */
export function FindDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useWords();
  const client = useClient();
  const [id, setId] = useState("");
  const [found, setFound] = useState<Found | null>(null);
  const { run, isBusy, error } = useAction();
  function find(event: Event): void {
    event.preventDefault();
    const wanted = id.trim();
    setFound(null);
    void run(async () => {
      const isId = ID.test(wanted);
      const [user, group, named] = await Promise.all([
        isId ? orNull(client.api.user.profile(wanted)) : null,
        isId ? orNull(client.api.group.info(wanted)) : null,
        client.api.user.search(wanted),
      ]);
      const people = [...(user ? [user] : []), ...named.filter(({ user_id }) => user_id !== user?.user_id)];
      setFound({ users: people, group });
    });
  }
  return (
    <Dialog title={t.newChat} onClose={onClose} class="narrow">
      <form class="inline-form" onSubmit={find}>
        <Field label={t.findLabel} value={id} onInput={setId} required autoFocus maxLength={64} />
        <button type="submit" class="button primary" disabled={isBusy}>
          {t.find}
        </button>
      </form>
      <ErrorText error={error} />
      <div role="status">
        {found?.users.length === 0 && !found.group && <p class="empty">{t.findNothing}</p>}
        {found?.users.map((user) => (
          <FoundUser key={user.user_id} user={user} onClose={onClose} />
        ))}
        {found?.group && <FoundGroup group={found.group} onClose={onClose} />}
      </div>
    </Dialog>
  );
}

function FoundUser({ user, onClose }: { readonly user: User; readonly onClose: () => void }) {
  const t = useWords();
  const client = useClient();
  const isMe = user.user_id === client.userId;
  return (
    <div class="found">
      <Portrait id={user.user_id} name={user.nickname} url={user.avatar} />
      <span class="found-name">
        <strong dir="auto">{user.nickname}</strong>
        <span class="muted-text">{isMe ? t.findYourself : user.user_id}</span>
      </span>
      {!isMe && (
        <button
          type="button"
          class="button"
          onClick={() => {
            onClose();
            openChat(client.chatWith(user.user_id));
          }}
        >
          {t.message}
        </button>
      )}
    </div>
  );
}

function FoundGroup({ group, onClose }: { readonly group: Group; readonly onClose: () => void }) {
  const t = useWords();
  const client = useClient();
  const { run, isBusy, error } = useAction();
  const conversationId = groupConversationId(group.id);
  const { conversations } = useConversations();
  const known = conversations.find(({ conversation_id }) => conversation_id === conversationId);
  const isIn = known?.my_status === 1;
  function enter(): void {
    void run(async () => {
      // Where an admin has to agree, the chat says so.
      if (!isIn && group.join_mode === JoinMode.OPEN) await client.api.group.join({ group_id: group.id });
      onClose();
      openChat(conversationId);
    });
  }
  return (
    <>
      <div class="found">
        <Portrait id={conversationId} name={group.name} url={group.avatar} />
        <span class="found-name">
          <strong dir="auto">{group.name}</strong>
          <span class="muted-text" dir="auto">
            {t.members(group.member_count)}
          </span>
        </span>
        <button type="button" class="button" disabled={isBusy} onClick={enter}>
          {isIn ? t.open : t.join}
        </button>
      </div>
      <ErrorText error={error} />
    </>
  );
}

/** Ids of users and groups; anything else is a name. */
const ID = /^[\w.-]{1,64}$/;
const NOBODY: readonly number[] = [Code.USER_NOT_FOUND, Code.GROUP_NOT_FOUND];

async function orNull<T>(wanted: Promise<T>): Promise<T | null> {
  try {
    return await wanted;
  } catch (error) {
    if (error instanceof NexoClientError && NOBODY.includes(error.code)) return null;
    throw error;
  }
}
