/**
 * What lies over the page, one dialog over another. Each has an entry in the history, so that "back" closes the top one
 * only: by the button of a browser, by a phone's gesture, and where Escape does too.
 */
const layers: (() => void)[] = [];
/** How many entries of the history are layers' now. */
let entries = 0;
/** What is to be done once the history is back below all layers. */
const leaving: (() => void)[] = [];
let isReturning = false;
let timer: ReturnType<typeof setTimeout> | undefined;

addEventListener("popstate", () => {
  entries = history.state?.layer ?? 0;
  if (isReturning) isReturning = false;
  else for (const close of layers.slice(entries).reverse()) close();
  // What closes is gone a moment later; what asks first stays, and has its entry again.
  schedule();
});

/** @returns what takes the layer away again */
export function addLayer(close: () => void): () => void {
  layers.push(close);
  schedule();
  return () => {
    layers.splice(layers.indexOf(close), 1);
    schedule();
  };
}

/** Does something to the history once the entries of layers are gone from it. */
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
