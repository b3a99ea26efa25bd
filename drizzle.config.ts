import { defineConfig } from "drizzle-kit";

export default defineConfig({
  dialect: "sqlite",
  schema: ["./src/directory/schema.ts", "./src/directory/admin-schema.ts"],
  out: "./migrations",
});
