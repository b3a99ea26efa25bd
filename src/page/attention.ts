/** Whether the user looks at the page just now; what lies over it aside. */
export function isPageLookedAt(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}
