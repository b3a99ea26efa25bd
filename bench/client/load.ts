import type { Connection } from "./http.ts";
import type { Wire } from "./ws.ts";

/** Where the number stands in `{"req_identifier":1003,…`: an answer has 1, a push 2, an error push 3. */
const KIND_AT = 18;
const ANSWER = "1".charCodeAt(0);
const OK = '"err_code":0,';
const SEQ = '"seq":';

export function isAnswer(frame: Buffer): boolean {
  return frame[KIND_AT] === ANSWER;
}

/** The last seq in a frame, so that a frame of many messages counts as all of them. */
export function lastSeq(frame: Buffer): number {
  const at = frame.lastIndexOf(SEQ);
  if (at < 0) return 0;
  let seq = 0;
  for (let index = at + SEQ.length; ; index++) {
    const digit = (frame[index] ?? 0) - 48;
    if (digit < 0 || digit > 9) return seq;
    seq = seq * 10 + digit;
  }
}

function assertOk(frame: Buffer): void {
  if (frame.indexOf(OK) < 0) throw new Error(`refused: ${frame.toString()}`);
}

/**
 * Sends on some sockets, each with so many frames in flight, for so long.
 * @returns answers a second.
 */
export async function sendFor(
  wires: readonly { wire: Wire; next: () => string }[],
  inFlight: number,
  milliseconds: number,
): Promise<number> {
  const started = performance.now();
  const deadline = started + milliseconds;
  let answers = 0;
  let open = 0;
  await new Promise<void>((resolve, reject) => {
    const answered = (wire: Wire, next: () => string, frame: Buffer) => {
      assertOk(frame);
      answers++;
      if (performance.now() < deadline) wire.send(next());
      else if (--open === 0) resolve();
    };
    for (const { wire, next } of wires) {
      wire.onClose = () => reject(new Error("a socket was closed"));
      wire.onFrame = (frame) => isAnswer(frame) && answered(wire, next, frame);
      for (let count = 0; count < inFlight; count++, open++) wire.send(next());
    }
  });
  return (answers / (performance.now() - started)) * 1_000;
}

/** Sends frames one at a time. @returns the milliseconds each took, sorted. */
export async function sendLone(wire: Wire, next: () => string, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const started = performance.now();
    await new Promise<void>((resolve) => {
      wire.onFrame = (frame) => {
        if (!isAnswer(frame)) return;
        assertOk(frame);
        resolve();
      };
      wire.send(next());
    });
    times.push(performance.now() - started);
    // Whatever comes after the answer (telling others) is not to delay the next.
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return times.sort((a, b) => a - b);
}

/** Requests over some connections, one at a time on each, for so long. @returns answers a second. */
export async function requestFor(
  connections: readonly Connection[],
  request: (connection: Connection) => Promise<void>,
  milliseconds: number,
): Promise<number> {
  const started = performance.now();
  let answers = 0;
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() - started < milliseconds) {
        await request(connection);
        answers++;
      }
    }),
  );
  return (answers / (performance.now() - started)) * 1_000;
}

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
