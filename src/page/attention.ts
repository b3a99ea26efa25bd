/** Whether the user is viewing the page now; open dialogs are not considered. */
export function isPageLookedAt(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}
