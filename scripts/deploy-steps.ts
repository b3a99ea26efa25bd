import { randomBytes } from "node:crypto";
import type { Outcome } from "./wrangler.ts";

export type Ports = {
  /** Runs wrangler with these arguments to its end. */
  wrangler(args: string[]): Promise<Outcome>;
  /** Gives `use` the path of a private file with this text, which is gone when it has finished. */
  withFile(text: string, use: (path: string) => Promise<Outcome>): Promise<Outcome>;
  say(line: string): void;
};

/** A step that wrangler refused. Nothing after it was tried, and running the deploy again is safe. */
export class DeployError extends Error {}

const signIn = `Not signed in to Cloudflare. Run \`npx wrangler login\`, or set CLOUDFLARE_API_TOKEN
(and CLOUDFLARE_ACCOUNT_ID, where it may use several accounts).`;

/**
 * Brings the account to what the repository says, making only what is missing. wrangler.toml names the database and
 * gives no id: wrangler finds it by its name, so a fresh clone deploys to the same one, and no file is changed.
 */
export async function deploy(database: string, { wrangler, withFile, say }: Ports): Promise<void> {
  async function must(what: string, outcome: Promise<Outcome>): Promise<string> {
    const { code, stdout, stderr } = await outcome;
    if (code !== 0) throw new DeployError(`${what} failed:\n${stdout}${stderr}`);
    return stdout;
  }

  const account = await wrangler(["whoami", "--json"]);
  if (account.code !== 0) throw new DeployError(`${signIn}\n${account.stderr}`);
  say("Signed in");

  const databases: { name: string }[] = JSON.parse(
    await must("Listing the databases", wrangler(["d1", "list", "--json"])),
  );
  if (databases.some(({ name }) => name === database)) {
    say(`Database ${database} is there`);
  } else {
    await must("Making the database", wrangler(["d1", "create", database]));
    say(`Made database ${database}`);
  }

  const hasSecret = findSecret(await wrangler(["secret", "list"]));

  say(await must("Migrating the database", wrangler(["d1", "migrations", "apply", "DB", "--remote"])));

  if (hasSecret) {
    say("JWT_SECRET is there");
    say(await must("Deploying", wrangler(["deploy"])));
    return;
  }
  // With the code rather than after it: the Worker is at no time up without its secret.
  const secrets = JSON.stringify({ JWT_SECRET: randomBytes(48).toString("base64url") });
  say(
    await must(
      "Deploying",
      withFile(secrets, (path) => wrangler(["deploy", "--secrets-file", path])),
    ),
  );
  say("Made JWT_SECRET");
}

/** Unknown is not absent: a secret replaced by mistake would sign everybody out. */
function findSecret({ code, stdout, stderr }: Outcome): boolean {
  if (code === 0) return (JSON.parse(stdout) as { name: string }[]).some(({ name }) => name === "JWT_SECRET");
  const neverDeployed = /Worker "[^"]*" not found/.test(stderr);
  if (neverDeployed) return false;
  throw new DeployError(`Listing the secrets failed:\n${stdout}${stderr}`);
}
