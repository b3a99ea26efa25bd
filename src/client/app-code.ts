/**
 * Calls code of the app: a listener or a hook. An error goes to the app's own error handlers, and stops neither other
 * listeners nor the client. [LINK-1]
 */
export function callApp(work: () => void): void {
  try {
    work();
  } catch (error) {
    report(error);
  }
}

/** Reports an error of the app's code as uncaught, as an EventTarget does. */
export function report(error: unknown): void {
  const scope = globalThis as unknown as { reportError?: (error: unknown) => void };
  if (scope.reportError) scope.reportError(error);
  else {
    queueMicrotask(() => {
      throw error;
    });
  }
}
