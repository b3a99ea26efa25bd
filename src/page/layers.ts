/**
 * The dialogs open over the page, one over another. Each has a history entry, so that "back" closes only the top one,
 * whether by the browser's button, by a phone's gesture, or where Escape triggers it.
 */
const layers: (() => void)[] = [];
/** The number of history entries that currently belong to layers. */
let entries = 0;
/** Work to do once the history is back below all layers. */
const leaving: (() => void)[] = [];
let isReturning = false;
let timer: ReturnType<typeof setTimeout> | undefined;

// An entry that a link has just made is the only one without a state.
if (history.state === null) history.replaceState({}, "");

addEventListener("popstate", () => {
  if (history.state === null) {
    if (isReturning) {
      // The user went on before the history was back: that would return from their entry. They go again afterwards.
      const { hash } = location;
      leaving.push(() => {
        location.hash = hash;
      });
      return;
    }
    history.replaceState({}, "");
  }
  entries = history.state?.layer ?? 0;
  if (isReturning) isReturning = false;
  else for (const close of layers.slice(entries).reverse()) close();
  // A closed layer is removed a moment later; a layer that asks before closing stays and gets its entry back.
  schedule();
});

/** @returns removes the layer */
export function addLayer(close: () => void): () => void {
  layers.push(close);
  schedule();
  return () => {
    layers.splice(layers.indexOf(close), 1);
    schedule();
  };
}

/** Runs work on the history once the entries of the layers are removed from it. */
export function belowLayers(work: () => void): void {
  if (layers.length === 0 && entries === 0) {
    work();
    return;
  }
  leaving.push(work);
  schedule();
}

function schedule(): void {
  clearTimeout(timer);
  timer = setTimeout(settle);
}

function settle(): void {
  if (isReturning) return;
  const wanted = leaving.length > 0 ? 0 : layers.length;
  if (entries > wanted) {
    isReturning = true;
    history.go(wanted - entries);
    return;
  }
  for (const work of leaving.splice(0)) work();
  while (entries < layers.length) history.pushState({ ...history.state, layer: ++entries }, "");
}
