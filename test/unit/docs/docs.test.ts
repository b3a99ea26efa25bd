import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { PERMISSIONS, type Standing } from "../../../src/core/permissions.ts";
import { type Env, settingsOf } from "../../../src/env.ts";
import { Code, codeMessage, httpStatus } from "../../../src/protocol/codes.ts";

const read = (file: string) => readFileSync(file, "utf8");
const pages = globSync("**/*.md", { exclude: (name) => /(^|[\\/])(node_modules|dist|\.git|\.wrangler)$/.test(name) });

/** The cells of every row of a page's tables, without backticks. */
const rowsOf = (file: string) =>
  read(file)
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll("`", "")));

/**
 * The role table as the page shows it: a column for each standing, a row for each operation, the code of each attempt.
 * [ROLE-1]
 */
function roleTable(): string {
  const standings = Object.keys(PERMISSIONS.join) as Standing[];
  const rows = Object.entries(PERMISSIONS).map(([operation, codes]) => [
    operation,
    ...standings.map((standing) => codes[standing]),
  ]);
  const line = (cells: readonly unknown[]) => `| ${cells.join(" | ")} |`;
  return [line(["", ...standings]), `|${"---|".repeat(standings.length + 1)}`, ...rows.map(line)].join("\n");
}

describe("the docs match the code", () => {
  test("docs/PROTOCOL.md: the role table [ROLE-1]", () => {
    const shown = /<!-- roles -->\n([\s\S]*?)<!-- \/roles -->/.exec(read("docs/PROTOCOL.md"))?.[1]?.trim();
    expect(shown).toBe(roleTable());
  });

  test("docs/PROTOCOL.md: every code, its HTTP status and its message", () => {
    const shown = rowsOf("docs/PROTOCOL.md")
      .filter(([code, status]) => /^\d{1,4}$/.test(code ?? "") && /^\d{3}$/.test(status ?? ""))
      .map((cells) => cells.slice(0, 3));
    expect(shown).toEqual(
      Object.values(Code).map((code) => [String(code), String(httpStatus(code)), codeMessage(code)]),
    );
  });

  test.each(["docs/SETTINGS.md", "docs/SETTINGS.zh-CN.md"])("%s: every setting and its default", (file) => {
    const env = { JWT_SECRET: "for tests only, at least 32 bytes" } as unknown as Env;
    const { JWT_SECRET: _, ALLOWED_ORIGINS: __, ...defaults } = settingsOf(env);
    const toml = /^\[vars\]\n([\s\S]*?)\n\n/m.exec(read("wrangler.toml"))?.[1] ?? "";
    const vars = Object.fromEntries(
      [...toml.matchAll(/^(\w+) = "?([^"\n]*)"?$/gm)].map(([, name, value]) => [name, value]),
    );
    const shown = new Map(rowsOf(file).map(([name, , usual]) => [name, usual?.replaceAll(",", "")]));
    for (const [name, value] of Object.entries(defaults)) {
      expect([name, shown.get(name), vars[name]]).toEqual([name, String(value), String(value)]);
    }
    expect(Object.keys(vars).filter((name) => !shown.has(name))).toEqual([]);
  });
});

describe("the pages", () => {
  const withoutCode = (text: string) => text.replaceAll(/```[\s\S]*?```/g, "").replaceAll(/`[^`\n]*`/g, "");

  /** The anchors of a page's headings, as GitHub makes them. */
  const anchorsOf = (file: string) =>
    [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .replaceAll(" ", "-"),
    );

  test.each(pages)("%s: every relative link leads somewhere", (page) => {
    const links = [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)]
      .map(([, inText, inTag]) => inText ?? inTag ?? "")
      .filter((link) => !/^[a-z]+:/.test(link));
    const broken = links.filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : relative(".", join(dirname(page), path));
      return !existsSync(target || ".") || (anchor !== undefined && !anchorsOf(target).includes(anchor));
    });
    expect(broken).toEqual([]);
  });

  // "Who leaves sees …" has no noun: "A member who leaves sees …". Questions and headings may begin with these words.
  test.each(pages)("%s: no sentence begins with a headless Who or Whatever", (page) => {
    const prose = withoutCode(read(page)).replaceAll(/^#.*$/gm, "");
    expect(prose.match(/\b(?:Who|Whoever|Whatever)\b[^.?!|]*(?:[.!|]|$)/g) ?? []).toEqual([]);
  });

  test("every picture is used on a page, and the two themes of the architecture differ only in colours", () => {
    const shown = pages.map(read).join("\n");
    const pictures = globSync("docs/images/*").map((file) => file.replaceAll("\\", "/"));
    expect(pictures.filter((file) => !shown.includes(file))).toEqual([]);
    const shapes = (theme: string) => read(`docs/images/architecture-${theme}.svg`).replaceAll(/#[0-9a-f]{6}/g, "");
    expect(shapes("dark")).toBe(shapes("light"));
  });

  test("every page of docs can be reached from the README", () => {
    const reached = new Set(["README.md"]);
    for (const page of reached) {
      for (const [, link = ""] of read(page).matchAll(/\]\(([^)#\s]+\.md)[^)]*\)/g)) {
        if (!/^[a-z]+:/.test(link)) reached.add(relative(".", join(dirname(page), link)));
      }
    }
    // The README links the folder of decisions, not each decision.
    const lost = pages.filter(
      (page) => page.startsWith("docs/") && !page.startsWith("docs/adr/") && !reached.has(page),
    );
    expect(lost).toEqual([]);
  });

  test.each(["README.md", "README.zh-CN.md"])("%s: is short, and its commands exist", (file) => {
    const text = read(file);
    expect(text.split("\n").length).toBeLessThan(200);
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    for (const [, script = ""] of text.matchAll(/npm run ([a-z:]+)/g)) expect(Object.keys(scripts)).toContain(script);
    expect(text).toContain("npm ci && npm run dev ");
    expect(text).toContain("npm ci && npm test ");
  });

  test("both READMEs have the same commands and programs", () => {
    // Comments and placeholders may be in another language.
    const codeOf = (file: string) =>
      [...read(file).matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, code = ""]) => [
        language,
        code.replaceAll(/ +# .*$/gm, "").replaceAll(/<[^>\n]*subdomain>|<[^>\n]*子域名>/g, "<subdomain>"),
      ]);
    expect(codeOf("README.zh-CN.md")).toEqual(codeOf("README.md"));
  });
});
