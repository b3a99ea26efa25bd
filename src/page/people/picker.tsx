import { useConversations, useUsers } from "../context.ts";
import { useAction } from "../hooks.ts";
import { useWords } from "../i18n/index.ts";
import { Avatar } from "../ui/avatar.tsx";
import { ErrorText, Field } from "../ui/field.tsx";
import { Icon } from "../ui/icons.tsx";
import { isolated } from "../words.ts";
import type { Picking } from "./picking.ts";

/** The number of users offered at once; typing a name shows the others. */
const OFFERED = 50;
const NOBODY: ReadonlySet<string> = new Set();

interface PickerProps {
  readonly picking: Picking;
  /** The users that are not offered. */
  readonly without?: ReadonlySet<string>;
}

/** Picks users: known chat partners from a list, all others by their ids. */
export function Picker({ picking, without = NOBODY }: PickerProps) {
  const t = useWords();
  const { conversations } = useConversations();
  const { run, error } = useAction();
  const { picked, typed, pick, type, take } = picking;
  const users = useUsers(picked);
  const titles = new Map(conversations.map(({ peer_user_id, title }) => [peer_user_id, title]));
  const nameOf = (id: string) => users.get(id)?.nickname ?? titles.get(id) ?? id;
  const wanted = typed.trim().toLocaleLowerCase();
  const offered = conversations.filter(
    ({ peer_user_id: id, title }) =>
      id !== "" && !without.has(id) && `${title} ${id}`.toLocaleLowerCase().includes(wanted),
  );
  function key(event: KeyboardEvent): void {
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229 || wanted === "") return;
    event.preventDefault();
    const [only, ...others] = offered;
    if (only && others.length === 0) {
      pick(only.peer_user_id, true);
      type("");
    } else void run(take);
  }
  return (
    <div class="picker">
      {picked.length > 0 && (
        <ul class="picked">
          {picked.map((id) => (
            <li key={id}>
              <button
                type="button"
                class="chip"
                aria-label={t.unpick(isolated(nameOf(id)))}
                onClick={({ currentTarget }) => {
                  // The button is removed after the click.
                  currentTarget.closest(".picker")?.querySelector("input")?.focus();
                  pick(id, false);
                }}
              >
                <bdi>{nameOf(id)}</bdi>
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <Field label={t.pickLabel} hint={t.pickHint} value={typed} onInput={type} onKeyDown={key} />
      <ErrorText error={picking.error ?? error} />
      {offered.length > 0 && (
        <fieldset class="offered">
          <legend class="visually-hidden">{t.pickFromChats}</legend>
          {offered.slice(0, OFFERED).map(({ peer_user_id: id, title, avatar }) => (
            <label key={id}>
              <input
                type="checkbox"
                checked={picked.includes(id)}
                onChange={(event) => pick(id, event.currentTarget.checked)}
              />
              <Avatar id={id} name={title} url={avatar} size="small" />
              <span class="person">
                <span dir="auto">{title}</span>
                <span class="muted-text">{id}</span>
              </span>
            </label>
          ))}
        </fieldset>
      )}
    </div>
  );
}
