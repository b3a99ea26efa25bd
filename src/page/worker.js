// The service worker: the files of the page, so that it opens without a network, pushes, and clicks on notifications.
const CACHE = "nexo-im/page";

/** The page and its files as they are now; those of earlier releases go. */
async function keepPage(response) {
  const html = await response.clone().text();
  const files = [...new Set(html.match(/\/assets\/[\w.-]+/g))];
  const cache = await caches.open(CACHE);
  const kept = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname));
  await cache.addAll(files.filter((file) => !kept.has(file)));
  // Last: where a file could not be had, the page before stays whole.
  await cache.put("/", response);
  for (const path of kept) if (path !== "/" && !files.includes(path)) await cache.delete(path);
}

/** The newest page, where the network answers; else the one that was kept. */
async function page(event) {
  try {
    const response = await fetch(event.request);
    if (response.ok) event.waitUntil(keepPage(response.clone()));
    return response;
  } catch (error) {
    const kept = await caches.match("/");
    if (kept) return kept;
    throw error;
  }
}

async function file(request) {
  return (await caches.match(request)) ?? (await fetch(request));
}

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(fetch("/").then(keepPage));
});

addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  // Names of files say what is in them, so one that is kept is right for ever.
  if (pathname === "/" && request.mode === "navigate") event.respondWith(page(event));
  else if (pathname.startsWith("/assets/")) event.respondWith(file(request));
});

/** A push of the server. A browser shows a text of its own where a push shows nothing. */
addEventListener("push", (event) => {
  const show = async () => {
    const { type, conversation_id: tag, seq, title, body, badge } = event.data.json();
    await navigator.setAppBadge?.(badge);
    if (type === "withdraw") {
      const shown = await registration.getNotifications({ tag });
      for (const notification of shown) if (notification.data.seq <= seq) notification.close();
      return;
    }
    const windows = await clients.matchAll({ type: "window" });
    if (windows.some(({ focused }) => focused)) return;
    const data = { link: `#/chat/${encodeURIComponent(tag)}`, seq };
    await registration.showNotification(title, { body, tag, renotify: true, data });
  };
  event.waitUntil(show());
});

/** A click on a notification shows its chat: in a tab that is open, or in a new one. */
addEventListener("notificationclick", (event) => {
  event.notification.close();
  const address = `/${event.notification.data.link}`;
  const show = async () => {
    const [tab] = await clients.matchAll({ type: "window" });
    if (!tab) return await clients.openWindow(address);
    // First, because a browser may refuse the focus.
    tab.postMessage({ open: event.notification.tag });
    await tab.focus();
  };
  event.waitUntil(show());
});
