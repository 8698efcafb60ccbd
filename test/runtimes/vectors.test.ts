/** The server and the runtimes state some rules again, in TypeScript, Python and JavaScript. All read the same cases here. */

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { HEADER_NAME } from '../../src/domain/shared/headers.ts'
import { UserError } from '../../src/errors.ts'
import { assertBody, parseContentType } from '../../src/http/wire/content.ts'
import { discoverInterpreters, listPythonFolders } from '../../src/workers/sandbox/machine/interpreters.ts'

const ROOT = join(import.meta.dirname, '../..')

type Part = {
  readonly name: string
  readonly filename: string | null
  readonly content_type: string
  readonly content: string
}

/** Each character of `body` and `content` is a byte. `parts`: null if the runtime refuses the body. */
type MultipartCase = {
  readonly name: string
  readonly content_type: string
  readonly body: string
  readonly server: 'accepts' | 'refuses'
  readonly parts: readonly Part[] | null
}

type TokenCases = { readonly valid: readonly string[]; readonly invalid: readonly string[] }

const readCases = <T>(name: string): T => JSON.parse(readFileSync(join(ROOT, 'test/vectors', name), 'utf8'))
const bodies = readCases<readonly MultipartCase[]>('multipart.json')
const tokens = readCases<TokenCases>('header-token.json')
const interpreters = await discoverInterpreters(join(ROOT, '.cache'), listPythonFolders())

/** Prints the parts (or null) of each body, and which names of each list the runtime accepts as header names. */
const PROGRAM = `
import json, sys
sys.path.insert(0, sys.argv[1])
from workflow_runtime.function import multipart, response

def split(case):
    try:
        parts = multipart.split(case['content_type'], case['body'].encode('latin-1'))
    except ValueError:
        return None
    return [dict(part._asdict(), content=part.content.decode('latin-1')) for part in parts]

def is_name(text):
    limits = {'min_status': 200, 'max_status': 599, 'response_body_bytes': 1, 'response_headers': 1, 'response_header_bytes': 999}
    try:
        response.check_response({'status_code': 200, 'body': '', 'headers': {text: ''}}, limits)
        return True
    except response.InvalidResponse:
        return False

given = json.loads(sys.stdin.buffer.read().decode())
tokens = {name: [is_name(text) for text in texts] for name, texts in given['tokens'].items()}
print(json.dumps({'bodies': [split(case) for case in given['bodies']], 'tokens': tokens}))
`

async function serverAccepts({ content_type, body }: MultipartCase): Promise<boolean> {
  try {
    await assertBody(parseContentType(content_type), Buffer.from(body, 'latin1'))
    return true
  } catch (error) {
    assert.ok(error instanceof UserError, String(error))
    return false
  }
}

test('a body that the server accepts is one that the runtime can read', () => {
  const unreadable = bodies.filter(({ server, parts }) => server === 'accepts' && parts === null)
  assert.deepEqual(unreadable, [])
})

describe('the server', () => {
  for (const item of bodies) {
    test(`${item.server} multipart/form-data: ${item.name}`, async () => {
      assert.equal(await serverAccepts(item), item.server === 'accepts')
    })
  }

  test('accepts exactly the tokens of RFC 9110 as header names', () => {
    assert.deepEqual(
      tokens.valid.filter((name) => !HEADER_NAME.test(name)),
      [],
    )
    assert.deepEqual(
      tokens.invalid.filter((name) => HEADER_NAME.test(name)),
      [],
    )
  })
})

for (const { name, executable } of interpreters.values()) {
  describe(`the runtime on ${name}`, () => {
    const output = execFileSync(executable, ['-I', '-S', '-B', '-c', PROGRAM, join(ROOT, 'runtimes')], {
      input: JSON.stringify({ bodies, tokens }),
      encoding: 'utf8',
    })
    const found = JSON.parse(output)

    for (const [index, item] of bodies.entries()) {
      test(`${item.parts === null ? 'refuses' : 'reads'} multipart/form-data: ${item.name}`, () => {
        assert.deepEqual(found.bodies[index], item.parts)
      })
    }

    test('accepts exactly the tokens of RFC 9110 as header names', () => {
      assert.deepEqual(found.tokens, { valid: tokens.valid.map(() => true), invalid: tokens.invalid.map(() => false) })
    })
  })
}

type ScriptPart = {
  readonly name: string
  readonly filename: string | null
  readonly contentType: string
  readonly content: Buffer
}

describe('the runtime of JavaScript', () => {
  const { splitParts }: { splitParts(contentType: string, body: Buffer): readonly ScriptPart[] } = createRequire(
    import.meta.url,
  )('../../runtimes/node/multipart.cjs')

  const split = ({ content_type, body }: MultipartCase): readonly Part[] | null => {
    try {
      return splitParts(content_type, Buffer.from(body, 'latin1')).map(({ name, filename, contentType, content }) => ({
        name,
        filename,
        content_type: contentType,
        content: content.toString('latin1'),
      }))
    } catch {
      return null
    }
  }

  for (const item of bodies) {
    test(`${item.parts === null ? 'refuses' : 'reads'} multipart/form-data: ${item.name}`, () => {
      assert.deepEqual(split(item), item.parts)
    })
  }
})
