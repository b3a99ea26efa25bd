import { NexoClientError } from "../../src/client/index.ts";
import { cast, type Person } from "../../test/helpers/node/people.ts";
import { Rest } from "../../test/helpers/node/rest.ts";
import type { Socket } from "../../test/helpers/node/socket.ts";

/** A scenario in named steps. Later steps use what earlier ones return. */
export type Scenario = (smoke: Smoke) => Promise<void>;

export class Smoke {
  readonly server: Rest;
  readonly #begun = performance.now();
  #steps = 0;
  #open: Socket[] = [];

  constructor(url: string) {
    this.server = new Rest(url);
  }

  async play(name: string, scenario: Scenario): Promise<void> {
    console.log(`\n${name}`);
    await scenario(this);
    await Promise.all(this.#open.map((socket) => socket.close()));
    this.#open = [];
  }

  /** Runs one step and prints it. The first failure ends the run. */
  async step<T>(name: string, act: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    try {
      const result = await act();
      this.#steps++;
      console.log(`  ok  ${name} (${Math.round(performance.now() - begun)} ms)`);
      return result;
    } catch (error) {
      console.log(`FAIL  ${name}\n${explain(error).replaceAll(/^/gm, "      ")}`);
      process.exit(1);
    }
  }

  /** Registers users with the scenario's names, and signs them in. */
  cast<const Names extends readonly string[]>(...names: Names): Promise<{ [Index in keyof Names]: Person }> {
    return this.step(`register and sign in ${names.join(", ")}`, () => cast(this.server, ...names));
  }

  /** A socket that is closed when its scenario ends. */
  async keep(socket: Promise<Socket>): Promise<Socket> {
    const open = await socket;
    this.#open.push(open);
    return open;
  }

  finish(): void {
    const seconds = ((performance.now() - this.#begun) / 1000).toFixed(1);
    console.log(`\n${this.#steps} steps, all as the contract says (${seconds} s)`);
  }
}

function explain(error: unknown): string {
  if (error instanceof NexoClientError) return `${error.message}\n  code ${error.code}, request id ${error.requestId}`;
  return error instanceof Error ? error.message : String(error);
}
