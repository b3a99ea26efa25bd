/** A row of a query's result. */
export type Row = Record<string, SqlStorageValue>;

/** The part of an object's SQLite that stores use. SqlStorage has it, and so does any synchronous SQLite. */
export interface Sql {
  exec<T extends Row>(query: string, ...bindings: (string | number | null)[]): { toArray(): T[] };
}

/** The first row of a query, if it has one. */
export function first<T extends Row>(sql: Sql, query: string, ...bindings: (string | number | null)[]): T | undefined {
  return sql.exec<T>(query, ...bindings).toArray()[0];
}
