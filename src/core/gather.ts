/** How often a burst is waited for while it still grows. */
const MOST_PAUSES = 4;

/**
 * Waits for the rest of a burst: pauses once, and again while more of it has come. Each frame of a socket comes in a turn
 * of its own, so a burst of some size takes longer to arrive than a pause. @param length of the queue that it comes to
 */
export async function gather(length: () => number, pause: () => Promise<unknown>): Promise<void> {
  let before = -1;
  for (let pauses = 0; pauses < MOST_PAUSES && length() > before; pauses++) {
    before = length();
    await pause();
  }
}
