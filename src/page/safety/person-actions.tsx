import { useState } from "preact/hooks";
import { useWords } from "../i18n/index.ts";
import { Confirm } from "../ui/dialog.tsx";
import { ErrorText } from "../ui/field.tsx";
import { isolated } from "../words.ts";
import { useBlocks } from "./blocks.ts";
import { ReportDialog } from "./report-dialog.tsx";

interface PersonActionsProps {
  readonly userId: string;
  readonly name: string;
}

/** Blocking and reporting a user. */
export function PersonActions({ userId, name }: PersonActionsProps) {
  const t = useWords();
  const { blocks, setBlock, error } = useBlocks();
  const [asking, ask] = useState<"block" | "report" | null>(null);
  const isBlocked = blocks?.includes(userId) ?? false;
  return (
    <>
      {isBlocked && <p class="muted-text">{t.safety.youBlocked}</p>}
      <div class="buttons stacked">
        <button
          type="button"
          class={isBlocked ? "button" : "button danger-text"}
          disabled={blocks === null}
          onClick={() => (isBlocked ? void setBlock(userId, false) : ask("block"))}
        >
          {isBlocked ? t.safety.unblock : t.safety.block}
        </button>
        <button type="button" class="button danger-text" onClick={() => ask("report")}>
          {t.safety.report}
        </button>
      </div>
      <ErrorText error={error} />
      {asking === "block" && (
        <Confirm
          question={t.safety.blockConfirm(isolated(name))}
          action={t.safety.block}
          onClose={() => ask(null)}
          onConfirm={() => void setBlock(userId, true)}
        />
      )}
      {asking === "report" && <ReportDialog about={{ user_id: userId }} onClose={() => ask(null)} />}
    </>
  );
}
