import { RESERVED_KEY } from '../../../domain/settings/settings.ts'
import { LIMITS } from '../../../domain/workflows/workflow.ts'
import { UserError } from '../../../errors.ts'
import { parseText } from '../../wire/text.ts'

export function checkKey(key: string): string {
  if (key === RESERVED_KEY)
    throw new UserError('bad_request', `The platform sets ${RESERVED_KEY} in every run: choose another key.`)
  if (Buffer.byteLength(key) > LIMITS.settingKeyBytes) {
    throw new UserError(
      'bad_request',
      `key: expected at most ${LIMITS.settingKeyBytes} bytes, found ${Buffer.byteLength(key)}.`,
    )
  }
  return parseText('key', key)
}

export function checkValue(json: Buffer | null): string {
  if (json === null) throw new UserError('bad_request', 'value: expected any JSON, found none.')
  const bytes = json.length
  if (bytes <= LIMITS.settingBytes) return json.toString('utf8')
  throw new UserError(
    'invalid_settings',
    `value: expected at most ${LIMITS.settingBytes} bytes of JSON, found ${bytes}.`,
  )
}
