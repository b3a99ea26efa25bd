import { Store } from "./store.ts";

/** The host of files, if they have one of their own; "" otherwise. Set when the page is built. */
declare const MEDIA_ORIGIN: string;

const OWN_SITES = [location.origin, MEDIA_ORIGIN].flatMap((origin) => (origin === "" ? [] : `${origin}/`));

/**
 * The pictures of other sites that the user has requested in this visit. The user who sets an avatar or sends an
 * image chooses its site, and that site learns who loads it and when: so nothing is loaded from there without a click.
 */
export class Pictures extends Store<ReadonlySet<string>> {
  constructor() {
    super(new Set());
  }

  allow(url: string): void {
    this.set(new Set(this.getSnapshot()).add(url));
  }
}

/** Whether an address may be shown as a picture: the page's policy allows no others. */
export function isPicture(url: string): boolean {
  return url.startsWith("https://") || isOwnSite(url);
}

/** Whether an address is of this server: nobody else learns who loads it. */
export function isOwnSite(url: string): boolean {
  return OWN_SITES.some((site) => url.startsWith(site));
}
