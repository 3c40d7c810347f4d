/** Rules: finds the examples in documentation. Each ```ts block is a complete program. */

export interface Example {
  /** Where it stands: from the root of the workspace, and the line of its first statement. */
  readonly file: string
  readonly line: number
  readonly code: string
}

/** The examples of a Markdown page. */
export const fromMarkdown = (file: string, text: string): ReadonlyArray<Example> => blocks(file, text.split("\n"), 0)

/** The examples in the doc comments of a source. */
export const fromSource = (file: string, text: string): ReadonlyArray<Example> =>
  [...text.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap((comment) =>
    blocks(
      file,
      comment[0].split("\n").map((line) => line.replace(/^\s*\* ?/, "")),
      text.slice(0, comment.index).split("\n").length - 1
    )
  )

const blocks = (file: string, lines: ReadonlyArray<string>, offset: number): ReadonlyArray<Example> => {
  const found: Array<Example> = []
  let start = -1
  let indent = ""
  lines.forEach((line, at) => {
    const fence = /^(\s*)```(.*)$/.exec(line)
    if (fence === null) return
    if (start >= 0) {
      const code = lines
        .slice(start, at)
        .map((inner) => (inner.startsWith(indent) ? inner.slice(indent.length) : inner))
      found.push({ file, line: offset + start + 1, code: `${code.join("\n")}\n` })
      start = -1
      return
    }
    const language = fence[2]!.trim()
    if (/^(ts|typescript)\b/.test(language)) {
      if (language !== "ts")
        throw new Error(`${file}:${offset + at + 1}: write \`\`\`ts alone: every example is checked`)
      start = at + 1
      indent = fence[1]!
    }
  })
  if (start >= 0) throw new Error(`${file}:${offset + start}: the example is not closed`)
  return found
}
