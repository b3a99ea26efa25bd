import type { ComponentChildren } from "preact";
import { useUsers } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { Avatar } from "../ui/avatar.tsx";
import { isolated } from "../words.ts";
import { showCard } from "./card.ts";

interface PersonLineProps {
  readonly userId: string;
  /** Shown instead of their own name. */
  readonly name?: string;
  readonly isOnline?: boolean;
  readonly children?: ComponentChildren;
}

/** A user in a list of users: a click opens their card. */
export function PersonLine({ userId, name, isOnline, children }: PersonLineProps) {
  const t = useWords();
  const user = useUsers([userId]).get(userId);
  const called = name ?? user?.nickname ?? userId;
  return (
    <button type="button" class="person-line" title={t.openProfile(isolated(called))} onClick={() => showCard(userId)}>
      <Avatar id={userId} name={called} url={user?.avatar ?? ""} size="small" isOnline={isOnline} />
      <span class="person">
        <span dir="auto">{called}</span>
        <span class="muted-text">
          {userId}
          {isOnline && <span class="visually-hidden"> {t.online}</span>}
        </span>
        {children}
      </span>
    </button>
  );
}
