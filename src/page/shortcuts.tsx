import { useEffect, useRef, useState } from "preact/hooks";
import { useConversations } from "./context.ts";
import { useWords } from "./i18n/index.ts";
import { Switcher } from "./list/switcher.tsx";
import { chatInAddress, closeChat, openChat } from "./route.ts";
import { Dialog, openDialogs } from "./ui/dialog.tsx";

type Shown = "switcher" | "sheet" | null;

/** The shortcuts that work anywhere on the page. While a dialog is open, keys belong to the dialog. */
export function Shortcuts({ open }: { readonly open: string | null }) {
  const { conversations } = useConversations();
  const [shown, show] = useState<Shown>(null);
  function step(by: number): void {
    // From the address: keys may come faster than the page shows the next chat.
    const from = chatInAddress();
    const at = conversations.findIndex(({ conversation_id }) => conversation_id === from);
    const next = conversations[at === -1 ? 0 : at + by];
    if (next) openChat(next.conversation_id);
  }
  const actions: Readonly<Record<string, () => void>> = {
    "Control+k": () => show("switcher"),
    "Control+/": () => show("sheet"),
    "Alt+ArrowDown": () => step(1),
    "Alt+ArrowUp": () => step(-1),
    ...(open ? { Escape: closeChat } : {}),
  };
  function key(event: KeyboardEvent): void {
    if (openDialogs.getSnapshot() > 0 || event.isComposing || event.defaultPrevented) return;
    const act = actions[pressed(event)];
    // In a search field, Escape clears the field.
    if (!act || (event.key === "Escape" && isSearching(event.target))) return;
    event.preventDefault();
    act();
  }
  const latest = useRef(key);
  latest.current = key;
  useEffect(() => {
    const listener = (event: KeyboardEvent) => latest.current(event);
    addEventListener("keydown", listener);
    return () => removeEventListener("keydown", listener);
  }, []);
  if (shown === "switcher") return <Switcher onClose={() => show(null)} />;
  return shown === "sheet" ? <ShortcutSheet onClose={() => show(null)} /> : null;
}

function pressed({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): string {
  const name = key.length === 1 ? key.toLowerCase() : key;
  return `${ctrlKey || metaKey ? "Control+" : ""}${altKey ? "Alt+" : ""}${name}`;
}

function isSearching(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement && target.type === "search" && target.value !== "";
}

/** All shortcuts. */
export function ShortcutSheet({ onClose }: { readonly onClose: () => void }) {
  const t = useWords();
  const control = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";
  const keys: readonly (readonly [keys: readonly string[], does: string])[] = [
    [[control, "K"], t.goToChat],
    [["Alt", "↓"], t.nextChat],
    [["Alt", "↑"], t.previousChat],
    [["Esc"], t.closeTop],
    [["Enter"], t.send],
    [["Shift", "Enter"], t.newLine],
    [[control, "/"], t.shortcuts],
  ];
  return (
    <Dialog title={t.shortcuts} onClose={onClose} class="narrow">
      <dl class="shortcuts">
        {keys.map(([all, does]) => (
          <div key={does}>
            <dt>{does}</dt>
            <dd>
              {all.map((each) => (
                <kbd key={each}>{each}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
