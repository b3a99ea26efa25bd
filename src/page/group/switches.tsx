import { useState } from "preact/hooks";
import type { Group, GroupRules } from "../../client/index.ts";
import { useClient } from "../context.ts";
import { useWords } from "../i18n/index.ts";
import { FoldedForm } from "../ui/folded-form.tsx";
import { Switch } from "../ui/switch.tsx";

interface SwitchesProps {
  readonly group: Group;
  readonly onSaved: () => Promise<void>;
}

const PAUSES = [0, 10, 30, 60, 300, 3_600];

/** How people come into a group, and what its members may do. */
export function Switches({ group, onSaved }: SwitchesProps) {
  const t = useWords();
  const { api } = useClient();
  const [change, setChange] = useState<Partial<GroupRules>>({});
  const rules = { ...group, ...change };
  const set = (given: Partial<GroupRules>) => setChange({ ...change, ...given });
  const pauses = [...new Set([...PAUSES, group.slow_mode])].sort((a, b) => a - b);
  async function save(): Promise<void> {
    await api.group.update({ group_id: group.id, ...change });
    await onSaved();
    setChange({});
  }
  return (
    <FoldedForm label={t.groups.settings} isChanged={Object.keys(change).length > 0} save={save}>
      <label class="setting">
        <span>{t.groups.joinMode}</span>
        <select
          value={rules.join_mode}
          onChange={({ currentTarget }) => set({ join_mode: Number(currentTarget.value) as GroupRules["join_mode"] })}
        >
          {([1, 2, 3] as const).map((mode) => (
            <option key={mode} value={mode}>
              {t.groups.joinModes[mode]}
            </option>
          ))}
        </select>
      </label>
      {(Object.keys(t.groups.switches) as (keyof typeof t.groups.switches)[]).map((name) => (
        <Switch
          key={name}
          label={t.groups.switches[name]}
          checked={rules[name]}
          onChange={(checked) => set({ [name]: checked })}
        />
      ))}
      <label class="setting">
        <span>{t.groups.slowMode}</span>
        <select
          value={rules.slow_mode}
          onChange={({ currentTarget }) => set({ slow_mode: Number(currentTarget.value) })}
        >
          {pauses.map((seconds) => (
            <option key={seconds} value={seconds}>
              {seconds === 0 ? t.groups.off : lasting(t.code, seconds)}
            </option>
          ))}
        </select>
      </label>
    </FoldedForm>
  );
}

function lasting(language: string, seconds: number): string {
  const [value, unit] = seconds < 60 ? [seconds, "second"] : [seconds / 60, "minute"];
  return value.toLocaleString(language, { style: "unit", unit, unitDisplay: "long" });
}
