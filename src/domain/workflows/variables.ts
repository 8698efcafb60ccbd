import { Type } from 'typebox'
import { UserError } from '../../errors.ts'

export type Variables = Readonly<Record<string, string>>

const MAX_COUNT = 50
const MAX_LENGTH = 10_000
const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,199}$/
/** Variables of the platform, the interpreter or its loader. */
const OURS = new Set([
  'PATH',
  'HOME',
  'TMPDIR',
  'LANG',
  'TZ',
  'USER',
  'PWD',
  'MALLOC_ARENA_MAX',
  'SSL_CERT_FILE',
  'RES_OPTIONS',
  'NODE_OPTIONS',
  'NODE_PATH',
  'NODE_EXTRA_CA_CERTS',
  'NODE_V8_COVERAGE',
  'NODE_COMPILE_CACHE',
])
const OUR_PREFIXES = ['PYTHON', 'LD_', 'LC_', 'WORKFLOWS_']

export const VariablesSchema = Type.Record(Type.String(), Type.String({ maxLength: MAX_LENGTH }), {
  description: `Environment variables of the function's process, at most ${MAX_COUNT}; not for secrets, which are settings`,
})

export function parseVariables(sent: Variables): Variables {
  const names = Object.keys(sent)
  if (names.length > MAX_COUNT) {
    throw new UserError('bad_request', `variables: expected at most ${MAX_COUNT}, found ${names.length}.`)
  }
  for (const name of names) {
    const shown = JSON.stringify(name.slice(0, 100))
    if (!NAME.test(name)) {
      throw new UserError('bad_request', `variables: expected names such as API_REGION, found ${shown}.`)
    }
    if (OURS.has(name) || OUR_PREFIXES.some((prefix) => name.startsWith(prefix))) {
      throw new UserError('bad_request', `variables: ${shown} is set by the platform and cannot be changed.`)
    }
    if (sent[name]?.includes('\0')) {
      throw new UserError('bad_request', `variables: ${shown}: expected a text without U+0000.`)
    }
  }
  return sent
}
