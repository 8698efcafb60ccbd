/** The text of `workflow.yaml`. It imports nothing of the workflow's fields, so a thread that reads and writes it starts fast. */

import { Composer, type CST, Document, isScalar, Parser, visit } from 'yaml'
import { UserError } from '../../errors.ts'
import { isObject } from '../json.ts'

/** The largest legal workflow has 3.6 million characters: control characters in each of its texts. They parse in 0.3 s. */
const MAX_LENGTH = 4 * 1024 * 1024

export function writeYaml(fields: Readonly<Record<string, unknown>>): string {
  const document = new Document(fields, { aliasDuplicateObjects: false })
  visit(document, {
    Scalar(_, node) {
      // The library writes blank lines as a block, which loses the blanks of the first one.
      if (typeof node.value === 'string' && node.value.trim() === '') node.type = 'QUOTE_DOUBLE'
    },
  })
  return document.toString({ lineWidth: 0 })
}

/**
 * Returns the fields as they were written, valid or not. Throws `invalid_archive` for what is no YAML object.
 * It takes up to 3 µs for each character, so the server calls it in a thread.
 */
export function parseWorkflowYaml(text: string): Readonly<Record<string, unknown>> {
  if (text.length > MAX_LENGTH) {
    throw new UserError(
      'invalid_archive',
      `workflow.yaml: expected at most ${MAX_LENGTH} characters, found ${text.length}.`,
    )
  }
  const value = parseYaml(text)
  if (isObject(value)) return value
  throw new UserError('invalid_archive', 'workflow.yaml: expected fields such as "name: parse-resume".')
}

function parseYaml(text: string): unknown {
  try {
    const document = compose(text)
    assertUniqueKeys(document)
    // An alias of a few bytes can expand to gigabytes.
    return document.toJS({ maxAliasCount: 0 })
  } catch (error) {
    const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw new UserError('invalid_archive', `workflow.yaml: expected YAML, found: ${reason.slice(0, 200)}`)
  }
}

/** Throws the first error. The library collects all of them, which took 5 s for 64 KiB of `}`, and has no option to stop. */
function compose(text: string): Document.Parsed {
  // The library's own check of unique keys compares each with each: 3 s for 64 KiB.
  const composer = new Composer({ schema: 'core', uniqueKeys: false, strict: true })
  let first: Error | null = null
  Object.assign(composer, {
    onError: (at: number | readonly number[] | { readonly offset: number }, _code: string, message: string) => {
      // The library catches it on the way and reports it again.
      first ??= problemAt(text, typeof at === 'number' ? at : 'offset' in at ? at.offset : (at[0] ?? 0), message)
      throw first
    },
  })
  const [document, second] = composer.compose(untilError(text), true, text.length)
  const problem = second === undefined ? document?.errors[0] : new Error('a second document')
  if (document === undefined || problem !== undefined) throw problem
  return document
}

function* untilError(text: string): Generator<CST.Token> {
  for (const token of new Parser().parse(text)) {
    if (token.type === 'error') throw problemAt(text, token.offset, `${token.message}: ${JSON.stringify(token.source)}`)
    yield token
  }
}

function problemAt(text: string, offset: number, message: string): Error {
  const lines = text.slice(0, offset).split('\n')
  return new Error(`${message} at line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`)
}

function assertUniqueKeys(document: Document.Parsed): void {
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<string>()
      for (const { key } of items) {
        const name = String(isScalar(key) ? key.value : key)
        if (seen.has(name)) throw new Error(`the key ${JSON.stringify(name)} twice`)
        seen.add(name)
      }
    },
  })
}
