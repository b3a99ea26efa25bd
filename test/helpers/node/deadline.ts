import { setTimeout as sleep } from "node:timers/promises";

/** Gives a wait a deadline, and an error that says what it waited for. */
export const patience = 10_000;

export async function within<T>(promise: Promise<T>, what: () => string, ms = patience): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms for ${what()}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Repeats a check until it holds. @throws the error of its last try */
export async function eventually(check: () => unknown, ms = patience): Promise<void> {
  const deadline = Date.now() + ms;
  for (;;) {
    try {
      await check();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}
