import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** A row of a dump: texts, numbers as text, null. */
export type DumpRow = Readonly<Record<string, string | null>>;

/**
 * Reads the rows of a dump that mysqldump wrote, one statement a line, as it does by default. Columns are named by
 * CREATE TABLE, or by the INSERT itself.
 */
export async function* rowsOfDump(file: string): AsyncGenerator<{ table: string; row: DumpRow }> {
  const tables = new Tables();
  const lines = createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) {
    const insert = INSERT.exec(line);
    if (!insert) {
      tables.read(line);
      continue;
    }
    const [start, table = "", listed] = insert;
    const names = listed?.split(",").map((name) => name.trim().replaceAll("`", "")) ?? tables.columnsOf(table);
    for (const values of tuples(line, start.length)) yield { table, row: rowOf(table, names, values) };
  }
}

const INSERT = /^INSERT (?:IGNORE )?INTO `?(\w+)`?\s*(?:\(([^)]*)\)\s*)?VALUES\s*/i;

/** The columns of each table, by CREATE TABLE. */
class Tables {
  readonly #columns = new Map<string, string[]>();
  /** The table whose columns the next lines name. */
  #open: string[] | null = null;

  columnsOf(table: string): readonly string[] {
    return this.#columns.get(table) ?? [];
  }

  read(line: string): void {
    const table = /^CREATE TABLE (?:IF NOT EXISTS )?`?(\w+)`?/i.exec(line)?.[1];
    if (table !== undefined) {
      this.#open = [];
      this.#columns.set(table, this.#open);
    } else if (line.startsWith(")")) this.#open = null;
    else {
      const column = /^\s+`(\w+)`\s/.exec(line)?.[1];
      if (column !== undefined) this.#open?.push(column);
    }
  }
}

function rowOf(table: string, names: readonly string[], values: readonly (string | null)[]): DumpRow {
  if (values.length !== names.length) {
    throw new Error(`a row of ${table} has ${values.length} values, not ${names.length}`);
  }
  return Object.fromEntries(names.map((name, at) => [name, values[at] ?? null]));
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", "0": "\0", Z: "\u001a" };

/** The tuples after VALUES. @throws Error for a text that is no list of tuples */
function* tuples(line: string, from: number): Generator<(string | null)[]> {
  let at = from;
  while (line[at] === "(") {
    const values: (string | null)[] = [];
    do {
      at++;
      const [value, next] = line[at] === "'" || line.startsWith("_binary '", at) ? quoted(line, at) : bare(line, at);
      values.push(value);
      at = next;
    } while (line[at] === ",");
    if (line[at] !== ")") throw new Error(`a row ends with ${line.slice(at, at + 20)}`);
    yield values;
    at++;
    if (line[at] === ",") at++;
  }
}

function bare(line: string, from: number): [value: string | null, next: number] {
  let to = from;
  while (to < line.length && line[to] !== "," && line[to] !== ")") to++;
  const text = line.slice(from, to).trim();
  return [text.toUpperCase() === "NULL" ? null : text, to];
}

/** A text in quotes: a backslash escapes, and two quotes are one. */
function quoted(line: string, from: number): [value: string, next: number] {
  let at = line.indexOf("'", from) + 1;
  let text = "";
  for (;;) {
    const character = line[at];
    if (character === undefined) throw new Error("a text in quotes does not end");
    if (character === "\\") {
      const escaped = line[at + 1] ?? "";
      text += ESCAPES[escaped] ?? escaped;
      at += 2;
    } else if (character === "'" && line[at + 1] === "'") {
      text += "'";
      at += 2;
    } else if (character === "'") return [text, at + 1];
    else {
      text += character;
      at++;
    }
  }
}
