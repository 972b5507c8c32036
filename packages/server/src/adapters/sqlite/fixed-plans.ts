import { Database, type SQLQueryBindings, type Statement } from 'bun:sqlite';

/**
 * A database whose statements are compiled once. SQLite compiles a statement again for each new value of a parameter
 * that its planner has looked at: one in the condition of a join, or after LIMIT. That takes ten times as long as the
 * statement itself. See "The query planner stability guarantee", https://sqlite.org/queryplanner-ng.html: Bun has no way
 * to request it.
 */
export class DatabaseWithFixedPlans extends Database {
  override query<Row, Parameters extends SQLQueryBindings | SQLQueryBindings[]>(
    sql: string,
    // biome-ignore lint/suspicious/noExplicitAny: the type has to be that of Bun's method
  ): Statement<Row, Parameters extends any[] ? Parameters : [Parameters]> {
    return super.query<Row, Parameters>(withFixedPlan(sql));
  }
}

/** Puts a plus sign, which changes no value, before each parameter: the planner does not look into expressions. */
export function withFixedPlan(sql: string): string {
  return sql.replace(/'[^']*'|[?$]\w*/g, (part) => (part.startsWith("'") ? part : `+${part}`));
}
