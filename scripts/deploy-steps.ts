import { randomBytes } from "node:crypto";
import { makeVapidKeys } from "./vapid.ts";
import type { Outcome } from "./wrangler.ts";

export type Ports = {
  /** Runs wrangler with these arguments and waits until it exits. */
  wrangler(args: string[]): Promise<Outcome>;
  /** Passes `use` the path of a private file with this text, and removes the file when `use` has finished. */
  withFile(text: string, use: (path: string) => Promise<Outcome>): Promise<Outcome>;
  say(line: string): void;
};

/** A step of the deploy that failed. No later step was tried, and the deploy can safely be run again. */
export class DeployError extends Error {}

const signIn = `Not signed in to Cloudflare. Run \`npx wrangler login\`, or set CLOUDFLARE_API_TOKEN
(and CLOUDFLARE_ACCOUNT_ID, if the token can use several accounts).`;

/** An account has no R2 until it is turned on. */
const noQueues = "without Queues, remove the [[queues.…]] tables from wrangler.toml: there are no events then";
const noR2 = "if the account has no R2, turn it on, or remove [[r2_buckets]] from wrangler.toml";

/** The names in wrangler.toml; without a bucket the server keeps no files. */
export interface Names {
  readonly database: string;
  readonly bucket: string | undefined;
  /** Without queues there are no events. */
  readonly queues: readonly string[];
}

/**
 * Sets up the account as the repository describes it, and creates only what is missing. wrangler.toml names the
 * database without an id: wrangler finds it by name. So a fresh clone deploys to the same database, and no file
 * changes.
 */
export async function deploy({ database, bucket, queues }: Names, { wrangler, withFile, say }: Ports): Promise<void> {
  async function must(what: string, outcome: Promise<Outcome>): Promise<string> {
    const { code, stdout, stderr } = await outcome;
    if (code !== 0) throw new DeployError(`${what} failed:\n${stdout}${stderr}`);
    return stdout;
  }

  /** A listing has no form for programs, so the bucket is asked for by its name. */
  async function makeBucket(name: string): Promise<void> {
    const { code } = await wrangler(["r2", "bucket", "info", name, "--json"]);
    if (code !== 0) await must(`Creating the bucket (${noR2})`, wrangler(["r2", "bucket", "create", name]));
    say(code === 0 ? `Bucket ${name} exists` : `Created bucket ${name}`);
  }

  async function makeQueue(name: string): Promise<void> {
    const { code } = await wrangler(["queues", "info", name]);
    if (code !== 0) await must(`Creating the queue (${noQueues})`, wrangler(["queues", "create", name]));
    say(code === 0 ? `Queue ${name} exists` : `Created queue ${name}`);
  }

  const account = await wrangler(["whoami", "--json"]);
  if (account.code !== 0) throw new DeployError(`${signIn}\n${account.stderr}`);
  say("Signed in");

  const databases: { name: string }[] = JSON.parse(
    await must("Listing the databases", wrangler(["d1", "list", "--json"])),
  );
  if (databases.some(({ name }) => name === database)) {
    say(`Database ${database} exists`);
  } else {
    await must("Creating the database", wrangler(["d1", "create", database]));
    say(`Created database ${database}`);
  }

  if (bucket !== undefined) await makeBucket(bucket);
  for (const queue of queues) await makeQueue(queue);

  const secrets = missingSecrets(findSecrets(await wrangler(["secret", "list"])));
  const names = Object.keys(secrets);

  say(await must("Migrating the database", wrangler(["d1", "migrations", "apply", "DB", "--remote"])));

  if (names.length === 0) {
    say("All secrets are set");
    say(await must("Deploying", wrangler(["deploy"])));
    return;
  }
  // Uploaded with the code, not after it, so that the Worker never runs without its secret.
  say(
    await must(
      "Deploying",
      withFile(JSON.stringify(secrets), (path) => wrangler(["deploy", "--secrets-file", path])),
    ),
  );
  say(`Created ${names.join(", ")}`);
}

/** New values for secrets that are not set. The keys of Web Push are a pair: another one would end every subscription. */
function missingSecrets(known: ReadonlySet<string>): Record<string, string> {
  const hasPushKeys = known.has("VAPID_PUBLIC_KEY") || known.has("VAPID_PRIVATE_KEY");
  return {
    ...(!known.has("JWT_SECRET") && { JWT_SECRET: randomBytes(48).toString("base64url") }),
    ...(!hasPushKeys && makeVapidKeys()),
  };
}

/** A failed listing does not mean that a secret is absent. Replacing JWT_SECRET by mistake would sign out every user. */
function findSecrets({ code, stdout, stderr }: Outcome): ReadonlySet<string> {
  if (code === 0) return new Set((JSON.parse(stdout) as { name: string }[]).map(({ name }) => name));
  const neverDeployed = /Worker "[^"]*" not found/.test(stderr);
  if (neverDeployed) return new Set();
  throw new DeployError(`Listing the secrets failed:\n${stdout}${stderr}`);
}
