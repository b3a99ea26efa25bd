import { first, type Sql } from "./sql.ts";

/** Tables of an object. */
export interface Schema {
  /** Steps are only ever added at the end. A step that was deployed never changes. */
  readonly steps: readonly string[];
  /** What all steps together make, in fewer statements, for new objects: each statement costs rows. */
  readonly whole?: string;
}

/**
 * The schema of an object, as an append-only list of steps.
 *
 * An object that was never written to has no tables, so that reading an object that does not exist stores nothing:
 * `isBorn` checks for tables, `migrate` creates them with the first write. A version newer than this list (a release
 * was rolled back) is left as it is, since steps only add.
 *
 * A feature whose tables most objects never need adds a `part`, which has a version of its own and is born on its own.
 */
export class Migrator {
  readonly #sql: Sql;
  readonly #schema: Schema;
  readonly #versions: Versions;
  readonly #parts: Migrator[] = [];
  readonly #partVersions: PartVersions;
  #version: number;

  constructor(sql: Sql, schema: Schema, versions: Versions = new ObjectVersion(sql)) {
    this.#sql = sql;
    this.#schema = schema;
    this.#versions = versions;
    this.#partVersions = new PartVersions(sql);
    this.#version = versions.read();
    if (this.isBorn) this.migrate();
  }

  /** Whether these tables exist. */
  get isBorn(): boolean {
    return this.#version > 0;
  }

  /** Brings the schema up to date. Call it in the transaction of the first write. */
  migrate(): void {
    const { steps, whole } = this.#schema;
    if (this.#version >= steps.length) return;
    this.#versions.prepare();
    const pending = this.#version === 0 && whole !== undefined ? [whole] : steps.slice(this.#version);
    for (const step of pending) this.#sql.exec(step);
    this.#versions.write(steps.length);
    this.#version = steps.length;
  }

  /** Tables of a feature. @param name never changes once it was deployed */
  part(name: string, schema: Schema): Migrator {
    const part = new Migrator(this.#sql, schema, new PartVersion(this.#sql, this.#partVersions, name));
    this.#parts.push(part);
    return part;
  }

  /** Call this when the transaction that called `migrate` was rolled back. */
  reset(): void {
    this.#version = this.#versions.read();
    this.#partVersions.forget();
    for (const part of this.#parts) part.reset();
  }
}

/** Where the version of a schema is kept. */
interface Versions {
  /** 0 if the tables do not exist. */
  read(): number;
  prepare(): void;
  write(version: number): void;
}

class ObjectVersion implements Versions {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  read(): number {
    if (!hasTable(this.#sql, "schema_version")) return 0;
    return first<{ version: number }>(this.#sql, "SELECT max(version) AS version FROM schema_version")?.version ?? 0;
  }

  prepare(): void {
    this.#sql.exec("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY) STRICT");
  }

  write(version: number): void {
    this.#sql.exec("INSERT OR REPLACE INTO schema_version (version) VALUES (?)", version);
  }
}

/** The versions of an object's parts, read once for all of them. */
class PartVersions {
  readonly #sql: Sql;
  #known: Map<string, number> | undefined;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  get all(): Map<string, number> {
    this.#known ??= this.#read();
    return this.#known;
  }

  /** Must be called when a transaction that wrote versions was rolled back. */
  forget(): void {
    this.#known = undefined;
  }

  #read(): Map<string, number> {
    try {
      const query = "SELECT name, version FROM part_versions";
      const rows = this.#sql.exec<{ name: string; version: number }>(query).toArray();
      return new Map(rows.map(({ name, version }) => [name, version]));
    } catch (error) {
      // Objects without parts are the usual case, and looking for the table would read a row for each table.
      if (error instanceof Error && error.message.includes("no such table")) return new Map();
      throw error;
    }
  }
}

class PartVersion implements Versions {
  readonly #sql: Sql;
  readonly #versions: PartVersions;
  readonly #name: string;

  constructor(sql: Sql, versions: PartVersions, name: string) {
    this.#sql = sql;
    this.#versions = versions;
    this.#name = name;
  }

  read(): number {
    return this.#versions.all.get(this.#name) ?? 0;
  }

  prepare(): void {
    this.#sql.exec(
      "CREATE TABLE IF NOT EXISTS part_versions (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    );
  }

  write(version: number): void {
    this.#sql.exec("INSERT OR REPLACE INTO part_versions (name, version) VALUES (?, ?)", this.#name, version);
    this.#versions.all.set(this.#name, version);
  }
}

function hasTable(sql: Sql, name: string): boolean {
  return first(sql, "SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?", name) !== undefined;
}
