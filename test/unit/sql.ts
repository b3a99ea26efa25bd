import type { Row, Sql } from "../../src/durable/sql.ts";
import { Disk } from "../simulation/platform/disk.ts";

/** A SQLite in memory with the interface of an object's SQLite. */
export interface MemorySql extends Sql {
  readonly disk: Disk;
}

export function memorySql(disk = new Disk()): MemorySql {
  return {
    disk,
    exec: <T extends Row>(query: string, ...bindings: (string | number | null)[]) => {
      const rows = disk.run<T>(query, bindings);
      return { toArray: () => rows };
    },
  };
}
