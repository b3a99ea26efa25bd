import type { Words } from "../i18n/index.ts";
import { childrenOf } from "./screen.ts";

/**
 * Copies a selection of several messages to the clipboard: one line for each, with the time and the sender, and
 * without the elements around them. Within one message, the browser copies the selection itself.
 */
export function copyMessages(t: Words, event: ClipboardEvent, list: HTMLElement | null): void {
  const selection = getSelection();
  if (!selection || selection.rangeCount === 0 || !event.clipboardData) return;
  const range = selection.getRangeAt(0);
  const rows = childrenOf(list).filter((row) => range.intersectsNode(row));
  if (rows.length < 2) return;
  event.clipboardData.setData("text/plain", rows.map((row) => lineOf(t, row)).join("\n"));
  event.preventDefault();
}

function lineOf(t: Words, row: HTMLElement): string {
  const textOf = (selector: string) => row.querySelector(selector)?.textContent?.trim() ?? "";
  const notice = textOf(".notice");
  if (notice !== "") return notice;
  const name = row.querySelector<HTMLElement>(".bubble")?.dataset.name ?? "";
  return `[${textOf(".meta time")}] ${t.said(name, textOf(".text") || `[${t.image}]`)}`;
}
