import { useState } from "preact/hooks";
import { type GroupMember, NexoClientError, Role, type UserResult } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useIsToCome } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { Confirm } from "../ui/dialog.tsx";
import { isolated } from "../words.ts";
import { nameOf } from "./member-name.ts";

interface MemberActionsProps {
  readonly member: GroupMember;
  readonly isOwner: boolean;
  readonly isBusy: boolean;
  readonly act: (work: () => Promise<unknown>) => void;
}

const MINUTE = 60;

/** The actions that a member of a higher role may take on a member. */
export function MemberActions({ member, isOwner, isBusy, act }: MemberActionsProps) {
  const t = useWords();
  const { api } = useClient();
  const [asking, ask] = useState<"kick" | "transfer" | "ban" | null>(null);
  const isMuted = useIsToCome(member.muted_until);
  const { group_id, user_id } = member;
  const name = isolated(nameOf(member));
  const isAdmin = member.role_level === Role.ADMIN;
  const mute = (seconds: number) => () => act(() => api.group.mute({ group_id, user_id, seconds }));
  const role_level = isAdmin ? Role.MEMBER : Role.ADMIN;
  const button = (label: string, onClick: () => void, extra = "") => (
    <button type="button" class={`button small ${extra}`} disabled={isBusy} onClick={onClick}>
      {label}
    </button>
  );
  return (
    <div class="member-actions">
      {isOwner &&
        button(isAdmin ? t.makeMember : t.makeAdmin, () =>
          act(() => api.group.setRole({ group_id, user_id, role_level })),
        )}
      {isOwner && button(t.transfer, () => ask("transfer"))}
      {isMuted ? (
        button(t.unmute, mute(0))
      ) : (
        <>
          {button(t.mute10m, mute(10 * MINUTE))}
          {button(t.mute1h, mute(60 * MINUTE))}
          {button(t.mute1d, mute(24 * 60 * MINUTE))}
        </>
      )}
      {button(t.kick, () => ask("kick"), "danger-text")}
      {button(t.groups.ban, () => ask("ban"), "danger-text")}
      {asking && (
        <Confirm
          question={{ kick: t.kickConfirm, transfer: t.transferConfirm, ban: t.groups.banConfirm }[asking](name)}
          action={{ kick: t.kick, transfer: t.transfer, ban: t.groups.ban }[asking]}
          onClose={() => ask(null)}
          onConfirm={() =>
            act(async () => {
              if (asking === "ban") await api.group.ban({ group_id, user_id });
              else if (asking === "transfer") await api.group.transfer({ group_id, user_id });
              else allWell(await api.group.kick({ group_id, user_ids: [user_id] }));
            })
          }
        />
      )}
    </div>
  );
}

/** @throws NexoClientError for the first user whose result is not 0 */
function allWell(results: readonly UserResult[]): void {
  const failed = results.find(({ code }) => code !== 0);
  if (failed) throw new NexoClientError(failed.code, failed.user_id);
}
