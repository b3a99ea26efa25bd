import { useRef, useState } from "preact/hooks";
import { type Conversation, type GroupMember, Role } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useInView, useIsToCome } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { PersonLine } from "../people/person-line.tsx";
import { useIsOnline } from "../presence.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { MemberActions } from "./member-actions.tsx";
import { nameOf } from "./member-name.ts";

interface MembersProps {
  readonly members: readonly GroupMember[];
  readonly conversation: Conversation;
  readonly canAct: boolean;
  readonly isBusy: boolean;
  readonly act: (work: () => Promise<unknown>) => void;
}

export function Members({ members, conversation, canAct, isBusy, act }: MembersProps) {
  const t = useWords();
  const client = useClient();
  const [chosen, choose] = useState<string | null>(null);
  return (
    <section aria-label={t.members(members.length)}>
      <h3 dir="auto">{t.members(members.length)}</h3>
      <ul class="people">
        {members.map((member) => {
          const { user_id, role_level } = member;
          // Members with a lower role; the owner may act on everyone else.
          const isBelow = user_id !== client.userId && role_level < conversation.my_role;
          const isChosen = chosen === user_id;
          return (
            <li key={user_id} data-user={user_id}>
              <MemberLine member={member} />
              {canAct && isBelow && (
                <IconButton
                  icon="more"
                  label={t.memberActions(nameOf(member))}
                  expanded={isChosen}
                  onClick={() => choose(isChosen ? null : user_id)}
                />
              )}
              {isChosen && (
                <MemberActions
                  member={member}
                  isOwner={conversation.my_role === Role.OWNER}
                  isBusy={isBusy}
                  act={(work) => {
                    choose(null);
                    act(work);
                  }}
                />
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function MemberLine({ member }: { readonly member: GroupMember }) {
  const t = useWords();
  const line = useRef<HTMLSpanElement>(null);
  const isOnline = useIsOnline(useInView(line) ? member.user_id : "");
  const isMuted = useIsToCome(member.muted_until);
  return (
    <>
      <span class="member" ref={line}>
        <PersonLine userId={member.user_id} name={nameOf(member)} isOnline={isOnline} />
      </span>
      {isMuted && <span class="tag warning">{t.muted}</span>}
      {member.role_level > Role.MEMBER && <span class="tag">{t.roles[member.role_level]}</span>}
    </>
  );
}
