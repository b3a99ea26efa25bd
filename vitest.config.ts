import { generateKeyPairSync } from "node:crypto";
import { availableParallelism } from "node:os";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-pool-workers";
import { defineConfig } from "vitest/config";
import { makeVapidKeys } from "./scripts/vapid.ts";
import { FakeServices } from "./test/helpers/push-services.ts";

const services = new FakeServices();

/** An account of Google's that exists only here. */
function serviceAccount(): string {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  return JSON.stringify({
    type: "service_account",
    project_id: "nexo-test",
    client_email: "push@nexo-test.iam.gserviceaccount.com",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    // Google's file has no such field; the tests verify signatures with it.
    public_key: publicKey.export({ type: "spki", format: "pem" }),
  });
}

/** Also on a machine with two cores, where one would be the default. */
const maxWorkers = Math.max(2, availableParallelism() - 1);

export default defineConfig({
  test: {
    // The server logs faults injected by tests, too. Only the log of a failed test is of interest.
    silent: "passed-only",
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/{unit,scripts}/**/*.test.ts"],
          environment: "node",
          testTimeout: 30_000,
          maxWorkers,
        },
      },
      {
        // The objects run in Node, on a simulated platform.
        resolve: {
          alias: { "cloudflare:workers": `${import.meta.dirname}/test/simulation/platform/cloudflare.ts` },
        },
        test: {
          name: "simulation",
          include: ["test/simulation/**/*.test.ts"],
          environment: "node",
          maxWorkers,
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                JWT_SECRET: "a secret for tests only, 32+ bytes",
                TEST_MIGRATIONS: await readD1Migrations("migrations"),
                ...makeVapidKeys(),
                FCM_SERVICE_ACCOUNT: serviceAccount(),
              },
              outboundService: (request: Request) => services.answer(request),
            },
          })),
        ],
        test: {
          name: "workers",
          include: ["test/workers/**/*.test.ts"],
          setupFiles: ["test/helpers/workers/setup.ts"],
          testTimeout: 30_000,
          maxWorkers,
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          environment: "node",
          // Each file runs a whole server: one at a time, after all other tests.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
