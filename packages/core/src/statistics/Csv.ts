/**
 * Rules: tables as CSV that spreadsheets open rightly and never execute (STA-8): UTF-8 with a byte-order mark, CRLF,
 * quoting as in RFC 4180.
 */

export const byteOrderMark = "\u{feff}"

/**
 * One cell.
 *
 * **Details** A spreadsheet takes a cell that begins with one of `= + - @`, a tab or a line break for a formula, and
 * so it does with the full-width forms of these characters, and after leading blanks. Such a cell gets an apostrophe in
 * front, which spreadsheets show as text. Phone numbers in E.164 begin with a plus: they get one too.
 */
export const cell = (value: string | number | undefined): string => {
  const text = value === undefined ? "" : String(value)
  const safe = typeof value === "number" || !dangerous.test(text) ? text : `'${text}`
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const dangerous = /^[\s\p{Cc}\u{feff}\u{200b}]*[=+\-@＝＋－＠]|^[\t\r\n]/u

/** One line, with its end. */
export const line = (cells: ReadonlyArray<string | number | undefined>): string => `${cells.map(cell).join(",")}\r\n`
