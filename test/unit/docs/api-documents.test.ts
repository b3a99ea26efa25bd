import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { withTables } from "../../../scripts/markdown.ts";
import { adminTables, documents, protocolTables } from "../../../scripts/openapi/documents.ts";
import { createApp } from "../../../src/app.ts";
import { PERMISSIONS } from "../../../src/core/permissions.ts";
import { Code, httpStatus } from "../../../src/protocol/codes.ts";
import { routeCodes, routeKeys } from "../../../src/protocol/route-answers.ts";
import { ROUTES } from "../../../src/protocol/routes.ts";

const read = (file: string) => readFileSync(file, "utf8");
const generated = documents(read("package.json"));
const parsed = (file: string) => JSON.parse(generated.get(file) ?? "");

describe("the API documents", () => {
  test.each([...generated.keys()])("[API-2] %s is current: npm run openapi", (file) => {
    expect(read(file)).toBe(generated.get(file));
  });

  test.each([
    ["docs/PROTOCOL.md", protocolTables()],
    ["docs/ADMIN.md", adminTables()],
  ])("[API-2] the tables of %s are current: npm run openapi", (file, tables) => {
    const page = read(file);
    for (const name of Object.keys(tables)) expect(page, name).toContain(`<!-- ${name} -->`);
    expect(page).toBe(withTables(page, tables));
  });

  test("[API-2] the server has the routes of the table, and no others", () => {
    const served = createApp().routes.filter(({ method }) => method !== "ALL");
    expect(new Set(served.map(({ method, path }) => `${method} ${path}`))).toEqual(new Set(Object.keys(ROUTES)));
  });

  test("[API-2] docs/openapi.json has every route with every code at its HTTP status", () => {
    const { paths, components } = parsed("docs/openapi.json");
    for (const key of routeKeys()) {
      const [method = "", path = ""] = key.split(" ");
      const { responses } = paths[path.replaceAll(/:(\w+)/g, "{$1}")][method.toLowerCase()];
      for (const code of routeCodes(key)) {
        const name = responses[httpStatus(code)].$ref.split("/").at(-1);
        const schema = components.responses[name].content["application/json"].schema;
        expect(schema.allOf[1].properties.code.enum, `${key} ${code}`).toContain(code);
      }
    }
  });

  test.each([...generated.keys()])("[API-2] every reference in %s has a target", (file) => {
    const document = parsed(file);
    const references = [...(generated.get(file) ?? "").matchAll(/"\$ref": "#\/([^"]+)"/g)].map(([, path = ""]) => path);
    expect(references.length).toBeGreaterThan(50);
    for (const path of new Set(references)) {
      const found = path.split("/").reduce((part, name) => part?.[name.replaceAll("~1", "/")], document);
      expect(found, path).toBeDefined();
    }
  });
});

test("[ROLE-1] each group route lists every code of its row in the role table", () => {
  const refusals = (operation: keyof typeof PERMISSIONS) =>
    Object.values(PERMISSIONS[operation]).filter((code) => code !== Code.OK);
  for (const operation of ["join", "quit", "invite", "kick", "set_role", "transfer", "dismiss", "mute"] as const) {
    expect(routeCodes(`POST /group/${operation}`), operation).toEqual(expect.arrayContaining(refusals(operation)));
  }
  for (const operation of ["update", "nickname"] as const) {
    expect(routeCodes(`PUT /group/${operation}`), operation).toEqual(expect.arrayContaining(refusals(operation)));
  }
  expect(routeCodes("POST /msg/send")).toEqual(expect.arrayContaining(refusals("send")));
  expect(routeCodes("GET /group/members")).toEqual(expect.arrayContaining(refusals("members")));
});
