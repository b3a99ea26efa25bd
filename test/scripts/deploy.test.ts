import { describe, expect, it } from "vitest";
import { DeployError, deploy } from "../../scripts/deploy-steps.ts";
import type { Outcome } from "../../scripts/wrangler.ts";

const ok = (stdout = ""): Outcome => ({ code: 0, stdout, stderr: "" });
const refused = (stderr: string): Outcome => ({ code: 1, stdout: "", stderr });

/**
 * An account, and a wrangler that acts on it: the parts of both that a deploy needs. `fails` makes one command fail.
 */
function standIn() {
  const account = {
    signedIn: true,
    databases: ["another"],
    buckets: [] as string[],
    queues: [] as string[],
    migrated: 0,
    /** Null until the first deploy. */
    secrets: null as Record<string, string> | null,
    deployed: 0,
    fails: "",
    calls: [] as string[],
    lines: [] as string[],
  };
  const files = new Map<string, string>();

  async function wrangler(args: string[]): Promise<Outcome> {
    const call = args.join(" ");
    account.calls.push(call);
    if (account.fails !== "" && call.startsWith(account.fails)) return refused("the network is down");
    if (call === "whoami --json")
      return account.signedIn ? ok() : { code: 1, stdout: '{"loggedIn":false}', stderr: "" };
    if (call === "d1 list --json")
      return ok(JSON.stringify(account.databases.map((name) => ({ name, uuid: `of ${name}` }))));
    if (call === "d1 create nexo-im") {
      account.databases.push("nexo-im");
      return ok();
    }
    if (call === "r2 bucket info nexo-im-media --json") {
      return account.buckets.includes("nexo-im-media") ? ok("{}") : refused("The specified bucket does not exist.");
    }
    if (call === "r2 bucket create nexo-im-media") {
      account.buckets.push("nexo-im-media");
      return ok();
    }
    if (args[0] === "queues" && args[1] === "info") {
      return account.queues.includes(args[2] ?? "") ? ok("{}") : refused("Queue does not exist.");
    }
    if (args[0] === "queues" && args[1] === "create") {
      account.queues.push(args[2] ?? "");
      return ok();
    }
    if (call === "d1 migrations apply DB --remote") {
      if (!account.databases.includes("nexo-im")) return refused("Couldn't find a D1 DB named 'nexo-im'");
      account.migrated += 1;
      return ok();
    }
    if (call === "secret list") {
      if (account.secrets === null) return refused('✘ [ERROR] Worker "nexo-im" not found.\n\nIf this is a new Worker…');
      return ok(JSON.stringify(Object.keys(account.secrets).map((name) => ({ name, type: "secret_text" }))));
    }
    if (args[0] === "deploy") {
      const secrets = args[1] === "--secrets-file" ? JSON.parse(files.get(args[2] ?? "") ?? "") : {};
      account.secrets = { ...account.secrets, ...secrets };
      account.deployed += 1;
      return ok("https://nexo-im.example.workers.dev");
    }
    return refused(`no such command: ${call}`);
  }

  const run = (bucket: string | null = "nexo-im-media") =>
    deploy(
      { database: "nexo-im", bucket: bucket ?? undefined, queues: ["nexo-im-hooks"] },
      {
        wrangler,
        say: (line) => account.lines.push(line),
        async withFile(text, use) {
          files.set("a file", text);
          try {
            return await use("a file");
          } finally {
            files.clear();
          }
        },
      },
    );
  return { account, files, run };
}

describe("npm run deploy", () => {
  it("creates what a new account lacks, the secret together with the code", async () => {
    const { account, files, run } = standIn();
    await run();
    expect(account.calls).toEqual([
      "whoami --json",
      "d1 list --json",
      "d1 create nexo-im",
      "r2 bucket info nexo-im-media --json",
      "r2 bucket create nexo-im-media",
      "queues info nexo-im-hooks",
      "queues create nexo-im-hooks",
      "secret list",
      "d1 migrations apply DB --remote",
      "deploy --secrets-file a file",
    ]);
    expect(account.databases).toEqual(["another", "nexo-im"]);
    expect(account.secrets?.JWT_SECRET).toMatch(/^[\w-]{64}$/);
    expect(files.size).toBe(0);
    expect(account.lines).toContain("https://nexo-im.example.workers.dev");
    expect(account.secrets?.VAPID_PUBLIC_KEY).toMatch(/^B[A-P][\w-]{85}$/);
    expect(account.secrets?.VAPID_PRIVATE_KEY).toMatch(/^[\w-]{43}$/);
    for (const secret of Object.values(account.secrets ?? {})) expect(account.lines.join("\n")).not.toContain(secret);
    expect(account.lines.at(-1)).toBe("Created JWT_SECRET, VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY");
  });

  it("creates nothing the second time", async () => {
    const { account, run } = standIn();
    await run();
    const { databases, buckets, queues, secrets } = structuredClone(account);
    account.calls = [];
    await run();
    expect(account).toMatchObject({ databases, buckets, queues, secrets, migrated: 2, deployed: 2 });
    expect(account.calls.at(-1)).toBe("deploy");
  });

  it("creates the secret for a Worker that has none, and keeps its other secrets", async () => {
    const { account, run } = standIn();
    account.secrets = { OTHER: "kept" };
    await run();
    const made = {
      JWT_SECRET: expect.any(String),
      VAPID_PUBLIC_KEY: expect.any(String),
      VAPID_PRIVATE_KEY: expect.any(String),
    };
    expect(account.secrets).toEqual({ OTHER: "kept", ...made });
  });

  it("creates the keys of Web Push for a Worker of before, as a pair, and never half of it", async () => {
    const { account, run } = standIn();
    account.secrets = { JWT_SECRET: "kept" };
    await run();
    expect(account.secrets?.JWT_SECRET).toBe("kept");
    const { VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY } = account.secrets ?? {};
    expect([VAPID_PUBLIC_KEY?.length, VAPID_PRIVATE_KEY?.length]).toEqual([87, 43]);
    account.secrets = { JWT_SECRET: "kept", VAPID_PUBLIC_KEY: "kept" };
    await run();
    expect(account.secrets).toEqual({ JWT_SECRET: "kept", VAPID_PUBLIC_KEY: "kept" });
  });

  it("creates no bucket when wrangler.toml names none", async () => {
    const { account, run } = standIn();
    await run(null);
    expect(account).toMatchObject({ buckets: [], deployed: 1 });
  });

  it("says how to sign in, and tries no other step", async () => {
    const { account, run } = standIn();
    account.signedIn = false;
    await expect(run()).rejects.toThrow(/wrangler login/);
    expect(account.calls).toEqual(["whoami --json"]);
  });

  it.each(["d1 list", "d1 create", "r2 bucket create", "queues create", "secret list", "d1 migrations"])(
    "deploys nothing when `%s` fails",
    async (command) => {
      const { account, run } = standIn();
      account.fails = command;
      await expect(run()).rejects.toThrow(DeployError);
      await expect(run()).rejects.toThrow("the network is down");
      expect(account).toMatchObject({ migrated: 0, deployed: 0, secrets: null });
    },
  );

  it("never replaces a secret that it could not list", async () => {
    const { account, run } = standIn();
    await run();
    const before = account.secrets?.JWT_SECRET;
    account.fails = "secret list";
    await expect(run()).rejects.toThrow("the network is down");
    expect(account.secrets?.JWT_SECRET).toBe(before);
  });

  it("can be run again after a failed deploy, with the same database", async () => {
    const { account, run } = standIn();
    account.fails = "deploy";
    await expect(run()).rejects.toThrow(DeployError);
    account.fails = "";
    await run();
    expect(account).toMatchObject({ databases: ["another", "nexo-im"], deployed: 1 });
  });
});
