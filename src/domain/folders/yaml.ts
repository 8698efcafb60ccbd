/** A thread loads it fast, without the workflow's fields. */

import { Composer, type CST, Document, isNode, isScalar, Parser, visit } from 'yaml'
import { reasonOf, UserError } from '../../errors.ts'
import { isObject } from '../json/is-object.ts'

/** The largest valid workflow has 3.6 million characters and parses in 0.3 s. */
const MAX_LENGTH = 4 * 1024 * 1024

export function writeYaml(fields: Readonly<Record<string, unknown>>): string {
  const document = new Document(fields, { aliasDuplicateObjects: false })
  visit(document, {
    Scalar(_, node) {
      // The library loses blanks of a block's first blank line.
      if (typeof node.value === 'string' && node.value.trim() === '') node.type = 'QUOTE_DOUBLE'
    },
  })
  return document.toString({ lineWidth: 0 })
}

/** Accepts invalid fields. Call it in a thread: up to 3 µs a character. */
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

/** 1,000 levels on one line took 2.4 s. No export has any. */
const NESTED = ['? ', '- '].map((mark) => mark.repeat(32))

function parseYaml(text: string): unknown {
  try {
    for (const line of text.split('\n')) {
      if (NESTED.some((marks) => line.trimStart().startsWith(marks))) throw new Error('more than 31 levels on one line')
    }
    const document = compose(text)
    assertUniqueKeys(document, text)
    // An alias of a few bytes can expand to gigabytes.
    return document.toJS({ maxAliasCount: 0 })
  } catch (error) {
    const [reason = ''] = reasonOf(error).split('\n')
    throw new UserError('invalid_archive', `workflow.yaml: expected YAML, found: ${reason.slice(0, 200)}`)
  }
}

/** Collecting all errors of 64 KiB of `}` took 5 s. */
function compose(text: string): Document.Parsed {
  // Comparing all keys took 3 s for 64 KiB.
  const composer = new Composer({ schema: 'core', uniqueKeys: false, strict: true })
  let first: Error | null = null
  Object.assign(composer, {
    onError: (at: number | readonly number[] | { readonly offset: number }, _code: string, message: string) => {
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

function assertUniqueKeys(document: Document.Parsed, text: string): void {
  visit(document, {
    Map(_, { items }) {
      const seen = new Set<string>()
      for (const { key } of items) {
        const name = String(isScalar(key) ? key.value : key)
        const at = isNode(key) ? (key.range?.[0] ?? 0) : 0
        if (seen.has(name)) throw problemAt(text, at, `the key ${JSON.stringify(name)} twice`)
        seen.add(name)
      }
    },
  })
}
