/**
 * Rules: what a statement is, and how rows of values get into one. Its text depends on its shape alone (which tables it
 * touches), never on its values, so that a session parses and plans each shape once.
 */
export interface Statement {
  /** Under which a session keeps its plan; `undefined` if it is not worth one. */
  readonly name: string | undefined
  readonly text: string
}

export interface Query {
  readonly statement: Statement
  readonly values: ReadonlyArray<unknown>
}

/** More shapes than any deployment has; were there more, they are planned each time. */
const mostNamed = 500

const statements = new Map<string, Statement>()

/** A statement whose text is one of few. */
export const named = (text: string): Statement => {
  let statement = statements.get(text)
  if (statement === undefined) {
    if (statements.size >= mostNamed) return { name: undefined, text }
    statements.set(text, (statement = { name: `vsms_${statements.size + 1}`, text }))
  }
  return statement
}

/** What a row has in a column. */
export type Value = string | number | boolean | null | undefined

/** The values of a statement, numbered while its text is written. */
export class Values {
  readonly list: Array<unknown> = []

  add(value: unknown, type: string): string {
    this.list.push(value)
    return `$${this.list.length}::${type}`
  }

  /** An array of SQL, written out here: the driver takes several times as long. */
  addArray(items: ReadonlyArray<Value>, type: string): string {
    return this.add(`{${items.map(type === "text" ? quoted : plain).join(",")}}`, `${type}[]`)
  }

  query(text: string): Query {
    return { statement: named(text), values: this.list }
  }
}

const plain = (item: Value): string => (item === null || item === undefined ? "NULL" : String(item))

const quoted = (item: Value): string => {
  if (item === null || item === undefined) return "NULL"
  const text = String(item)
  return `"${/["\\]/.test(text) ? text.replaceAll(/["\\]/g, "\\$&") : text}"`
}

/** One column of a set of rows: its name and SQL type, and what a row has there. Documents are given as text. */
export interface Column<A> {
  readonly name: string
  readonly type: "text" | "int" | "bigint" | "boolean" | "double precision" | "json" | "jsonb"
  readonly of: (row: A) => Value
}

/**
 * The rows as a table `w` with these columns.
 *
 * **Details** Documents go in one array of JSON for a column: in an array of SQL every quote of them would be escaped by
 * us and unescaped by the server, which takes longer than reading them.
 */
export const tableOf = <A>(values: Values, columns: ReadonlyArray<Column<A>>, rows: ReadonlyArray<A>): string => {
  const plain = columns.filter((column) => !isDocument(column))
  const documents = columns.filter(isDocument)
  const arrays = plain.map(({ of, type }) => values.addArray(rows.map(of), type))
  const elements = documents.map(({ of, type }) => {
    const texts = rows.map((row) => of(row) ?? "null")
    return `${type}_array_elements(${values.add(`[${texts.join(",")}]`, type)})`
  })
  const names = [...plain, ...documents].map(({ name }) => name)
  const unnested = `unnest(${arrays.join(", ")})`
  return `${elements.length === 0 ? unnested : `rows from (${[unnested, ...elements].join(", ")})`} as w(${names.join(", ")})`
}

const isDocument = ({ type }: Column<never>): boolean => type === "json" || type === "jsonb"

/** A column of `w` as it is stored: a document that is not there is JSON's null on the way. */
export const valueOf = ({ name, type }: Column<never>): string =>
  type === "json" ? `case when json_typeof(w.${name}) <> 'null' then w.${name} end` : `w.${name}`

export const namesOf = (columns: ReadonlyArray<Column<never>>): string => columns.map(({ name }) => name).join(", ")

export const valuesOf = (columns: ReadonlyArray<Column<never>>): string => columns.map(valueOf).join(", ")
