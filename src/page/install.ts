import { openChat } from "./route.ts";

/** Exists in browsers whose policy can restrict scripts (Trusted Types); TypeScript does not declare it. */
interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ): {
    createScriptURL(url: string): string;
  };
}

declare global {
  interface Window {
    readonly trustedTypes?: TrustedTypes;
  }
}

/**
 * Registers the service worker: the page then opens without a network, can be installed, and shows notifications.
 * Its address is the only one that the page's policy allows as a script address.
 */
export function installWorker(): void {
  const url = document.body.dataset.worker ?? "";
  // Browsers have no service workers over plain http.
  if (!("serviceWorker" in navigator) || url === "") return;
  const rules = {
    createScriptURL(wanted: string): string {
      if (wanted !== url) throw new TypeError("no script of the page");
      return wanted;
    },
  };
  const script = window.trustedTypes?.createPolicy("nexo-worker", rules).createScriptURL(url) ?? url;
  navigator.serviceWorker.register(script, { scope: "/" }).catch(() => undefined);
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (typeof data?.open === "string") openChat(data.open);
  });
}
