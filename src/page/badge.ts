const link = document.querySelector<HTMLLinkElement>("link[rel=icon]");
const plain = link?.getAttribute("href") ?? "";

/** Shows on the icon of the tab, and of the installed page, whether something is unread. */
export function showBadge(unreadCount: number): void {
  const wanted = unreadCount > 0 ? (link?.dataset.unread ?? plain) : plain;
  if (link && link.getAttribute("href") !== wanted) link.href = wanted;
  if ("setAppBadge" in navigator) navigator.setAppBadge(unreadCount).catch(() => undefined);
}
