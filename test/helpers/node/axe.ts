import axe from "axe-core";
import type { Visitor } from "./visitor.ts";

/**
 * What axe finds on the screen. Its script is injected by the browser's protocol, to which the page's policy does not
 * apply.
 */
export async function findings({ page }: Visitor): Promise<string[]> {
  // A dialog that still fades in has less contrast than it will have.
  await page.evaluate(`Promise.all(document.getAnimations()
    .filter(({ effect }) => Number.isFinite(effect.getComputedTiming().activeDuration))
    .map(({ finished }) => finished.catch(() => undefined)))
    .then(() => true)`);
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
