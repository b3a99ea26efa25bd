import { type HistoryStorage, historyIn } from "../../src/client/history/index.ts";
import { type Client, createClient } from "../../src/client/index.ts";
import type { Person } from "../../test/helpers/node/people.ts";
import { judgedFetch, Tap } from "../../test/helpers/node/tap.ts";
import type { Random } from "../../test/simulation/random.ts";
import { heartbeat, showAll } from "./user.ts";

/** A device that only shows. Its app crashes in every round and starts again from its history. [HIST-1] [HIST-3] */
export class Mirror {
  readonly name: string;
  readonly #person: Person;
  /** What the app has stored. */
  #texts = new Map<string, string>();
  #client: Client;
  /** See showAll. */
  reopen: () => void = () => undefined;

  constructor(person: Person) {
    this.#person = person;
    this.name = `${person.id}, from a history`;
    this.#client = this.#start();
  }

  get client(): Client {
    return this.#client;
  }

  /** The app ends without a last write, and starts again; sometimes a stored text is damaged. */
  restart(random: Random): void {
    // What the old app still writes goes to the old texts.
    this.#texts = new Map(this.#texts);
    this.#client.close();
    if (random.chance(0.3)) spoil(this.#texts, random);
    this.#client = this.#start();
  }

  #start(): Client {
    const { id, token, rest } = this.#person;
    const history = historyIn(() => storageIn(this.#texts));
    const wire = { fetch: judgedFetch, WebSocket: Tap, heartbeat };
    const client = createClient({ url: rest.url, token, user_id: id, history, ...wire });
    this.reopen = showAll(client);
    return client;
  }
}

function storageIn(texts: Map<string, string>): HistoryStorage {
  return {
    get: async (key) => texts.get(key),
    keys: async () => [...texts.keys()],
    write: async (changes) => {
      for (const [key, text] of changes) {
        if (text === null) texts.delete(key);
        else texts.set(key, text);
      }
    },
  };
}

/** Cuts one text, or replaces it by another. */
function spoil(texts: Map<string, string>, random: Random): void {
  const keys = [...texts.keys()];
  if (keys.length === 0) return;
  const key = random.pick(keys);
  const text = texts.get(key) ?? "";
  const other = texts.get(random.pick(keys)) ?? "";
  texts.set(key, random.pick([text.slice(0, text.length / 2), "null", "[{}]", other]));
}
