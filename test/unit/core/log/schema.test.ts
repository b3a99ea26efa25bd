import { expect, test } from "vitest";
import { STEPS, WHOLE } from "../../../../src/core/log/schema.ts";
import { Migrator, type Schema } from "../../../../src/durable/migrator.ts";
import { memorySql } from "../../sql.ts";

/** The tables, their columns in order of name, and the indexes that a schema makes. */
function made(schema: Schema) {
  const sql = memorySql();
  new Migrator(sql, schema).migrate();
  const names = (type: string) =>
    sql
      .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = ? AND sql IS NOT NULL ORDER BY name", type)
      .toArray()
      .map(({ name }) => name);
  const columns = (table: string) =>
    sql.exec(`SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info('${table}') ORDER BY name`).toArray();
  const columnsOfIndex = (index: string) =>
    sql.exec(`SELECT seqno, name FROM pragma_index_info('${index}') ORDER BY seqno`).toArray();
  const partial =
    sql.exec(`SELECT m.name, x."unique", x.partial FROM sqlite_master AS m, pragma_index_list(m.tbl_name) AS x
    WHERE m.type = 'index' AND x.name = m.name ORDER BY m.name`);
  return {
    tables: names("table").map((table) => [table, columns(table)]),
    indexes: names("index").map((index) => [index, columnsOfIndex(index)]),
    partial: partial.toArray(),
    version: sql.exec("SELECT max(version) AS version FROM schema_version").toArray(),
  };
}

test("[STORE-1] a new conversation gets in one piece what all steps together make", () => {
  const byStep = made({ steps: STEPS });
  expect(byStep.tables).toHaveLength(5);
  expect(made({ steps: STEPS, whole: WHOLE })).toEqual(byStep);
});
