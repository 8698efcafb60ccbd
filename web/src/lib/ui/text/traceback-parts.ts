export type Part = { readonly isLibrary: boolean; readonly frames: number; readonly lines: readonly string[] }

const FRAME = /^ {2}File "([^"]*)", line \d+/
/** Installed packages, Python, and the sandbox's program. */
const LIBRARY =
  /\/site-packages\/|\/dist-packages\/|\/lib(64)?\/python\d|\/workflow_runtime\/|^\/opt\/(packages|runtimes)\/|^<frozen /
const HEAD = /^Traceback \(most recent call last\):$/

/** Joins neighbouring parts of libraries, with the exceptions that they caught. */
export function tracebackParts(lines: readonly string[]): readonly Part[] {
  const parts: { isLibrary: boolean; frames: number; lines: string[] }[] = []
  for (const part of chained(lines).flatMap(partsOf)) {
    const last = parts.at(-1)
    if (last?.isLibrary === part.isLibrary) {
      last.lines.push(...part.lines)
      last.frames += part.frames
    } else parts.push({ ...part, lines: [...part.lines] })
  }
  return parts
}

function chained(lines: readonly string[]): readonly (readonly string[])[] {
  const exceptions: string[][] = []
  for (const line of lines) {
    if (HEAD.test(line) || exceptions.length === 0) exceptions.push([])
    exceptions.at(-1)?.push(line)
  }
  return exceptions
}

function partsOf(lines: readonly string[]): readonly Part[] {
  const files = lines.flatMap((line) => FRAME.exec(line)?.[1] ?? [])
  if (files.length > 0 && files.every((file) => LIBRARY.test(file)))
    return [{ isLibrary: true, frames: files.length, lines }]
  const parts: { isLibrary: boolean; frames: number; lines: string[] }[] = []
  for (const line of lines) {
    const file = FRAME.exec(line)?.[1]
    const now = parts.at(-1)
    // Source lines belong to the frame above, unindented ones to the message.
    const isLibrary = file === undefined ? now?.isLibrary === true && line.startsWith('    ') : LIBRARY.test(file)
    const frames = file === undefined ? 0 : 1
    if (now?.isLibrary === isLibrary) {
      now.lines.push(line)
      now.frames += frames
    } else parts.push({ isLibrary, frames, lines: [line] })
  }
  return parts
}
