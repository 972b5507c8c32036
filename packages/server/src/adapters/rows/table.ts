/** SQLite returns booleans as numbers. */
export type Flag = boolean | number;

export type ColumnType = 'text' | 'number' | 'flag' | 'time';

/** `joinedSeq` is stored as `joined_seq`. */
type ColumnName<Field extends string> = Field extends `${infer First}${infer Rest}`
  ? First extends Lowercase<First>
    ? `${First}${ColumnName<Rest>}`
    : `_${Lowercase<First>}${ColumnName<Rest>}`
  : Field;

/** A row as databases return and accept it: the fields of a value under the names of their columns. */
export type RowOf<Value> = {
  [Field in keyof Value & string as ColumnName<Field>]: Value[Field] extends boolean ? Flag : Value[Field];
};

export type ColumnOf<Value> = keyof RowOf<Value> & string;

/**
 * The shard that has a row: the shard of the id in a column, or the shard that the row describes. A move copies such
 * rows with their shard and deletes them at the source. Rows of a server stay on it.
 */
export type Placement<Column> = { by: Column } | 'the shard that it describes' | 'its server';

interface Description<Column extends string> {
  /** The primary key in PostgreSQL, after the shard, or in SQLite for a table that only SQLite has. */
  key: readonly Column[];
  /**
   * A migration to a cluster copies the tables that both engines have, and derives the rows of the others from them.
   */
  engines: 'both' | 'sqlite' | 'postgres';
  placement: Placement<Column>;
  /** Columns with the id of a row of another table; null there refers to no row. */
  references?: { readonly [Name in Column]?: 'users' | 'conversations' };
}

/** The properties of a table that do not depend on the type of its rows. */
export interface AnyTable {
  readonly name: string;
  readonly columns: readonly string[];
  readonly changing: readonly string[];
  readonly description: Description<string>;
  typeOf(column: string): ColumnType | undefined;
  list(alias?: string): string;
}

/** One table: its columns, and how moving, verifying and migrating treat its rows. */
export class Table<Value extends object> implements AnyTable {
  /** The names of the columns; a statement names those that it reads or writes, since a later version adds others. */
  readonly columns: readonly ColumnOf<Value>[];
  readonly fromRow: (row: RowOf<Value>) => Value;
  readonly toRow: (value: Value) => RowOf<Value>;
  /** The values in the order of the columns, as SQLite takes them. */
  readonly parameters: (value: Value) => (string | number | null)[];
  private readonly types: ReadonlyMap<string, ColumnType>;

  constructor(
    readonly name: string,
    /** The type of each field, in the order of the columns. */
    types: Readonly<Record<keyof Value & string, ColumnType>>,
    readonly description: Description<ColumnOf<Value>>,
  ) {
    const fields = Object.entries<ColumnType>(types).map(([field, type]) => ({ field, column: columnOf(field), type }));
    this.types = new Map(fields.map(({ column, type }) => [column, type]));
    this.columns = fields.map(({ column }) => column as ColumnOf<Value>);
    const read = fields.map(({ field, column, type }) =>
      type === 'flag' ? `${field}: Boolean(row.${column})` : `${field}: row.${column}`,
    );
    this.fromRow = compiled('row', `{ ${read.join(', ')} }`);
    this.toRow = compiled('value', `{ ${fields.map(({ field, column }) => `${column}: value.${field}`).join(', ')} }`);
    const given = fields.map(({ field, type }) => (type === 'flag' ? `Number(value.${field})` : `value.${field}`));
    this.parameters = compiled('value', `[${given.join(', ')}]`);
  }

  typeOf(column: string): ColumnType | undefined {
    return this.types.get(column);
  }

  /** The columns as a statement lists them, each prefixed by `alias` if given. */
  list(alias?: string): string {
    return columnList(this.columns, alias);
  }

  /** Columns that may change after the row is inserted. */
  get changing(): readonly ColumnOf<Value>[] {
    return this.columns.filter((column) => !this.description.key.includes(column));
  }
}

/**
 * Compiles a function from one expression. Every message converts several rows, and a loop over the fields takes six
 * times as long as the compiled literal. The names are those of fields and columns, which are defined in this folder.
 */
function compiled<Given, Result>(parameter: string, expression: string): (given: Given) => Result {
  return new Function(parameter, `return ${expression};`) as (given: Given) => Result;
}

export function columnList(columns: readonly string[], alias?: string): string {
  return columns.map((column) => (alias === undefined ? column : `${alias}.${column}`)).join(', ');
}

/** The column in which a field is stored. */
export function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
