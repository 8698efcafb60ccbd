import { NumberInput, Select, SimpleGrid, TextInput } from '@mantine/core'
import { t } from '../../lib/i18n/t.ts'
import type { SenderCheck } from '../../lib/requests/get-workflow.ts'
import { SCHEMES } from './sender-schemes.ts'

export const SCHEME_FIELDS = [
  'sender_check.header',
  'sender_check.prefix',
  'sender_check.timestamp_header',
  'sender_check.signed',
] as const

type Props = {
  check: SenderCheck
  errorOf: (field: (typeof SCHEME_FIELDS)[number]) => string | undefined
  onChange: (check: SenderCheck) => void
}

export function SchemeFields({ check, errorOf, onChange }: Props) {
  const { scheme } = check
  const isTimed = SCHEMES[scheme].timed === true && (scheme !== 'hmac' || check.timestamp_header !== null)
  const hasHeader = scheme === 'header' || scheme === 'hmac'
  if (!hasHeader && !isTimed) return null
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      {hasHeader ? (
        <TextInput
          label={t('Header')}
          description={
            scheme === 'header' ? t('The header that holds the key') : t('The header that holds the signature')
          }
          required
          maxLength={100}
          error={errorOf('sender_check.header')}
          value={check.header ?? ''}
          onChange={(event) => onChange({ ...check, header: event.currentTarget.value })}
        />
      ) : null}
      {scheme === 'hmac' ? <HmacFields check={check} errorOf={errorOf} onChange={onChange} /> : null}
      {isTimed ? (
        <NumberInput
          label={t('Tolerance')}
          description={t('Maximum age of a signature')}
          min={1}
          max={86_400}
          allowDecimal={false}
          suffix=" s"
          value={check.tolerance_seconds ?? 300}
          onChange={(value) => typeof value === 'number' && onChange({ ...check, tolerance_seconds: value })}
        />
      ) : null}
    </SimpleGrid>
  )
}

function HmacFields({ check, errorOf, onChange }: Props) {
  const setTime = (header: string) => {
    const signed = check.signed === '{body}' || check.signed === '{timestamp}.{body}' ? undefined : check.signed
    const usual = header === '' ? '{body}' : '{timestamp}.{body}'
    onChange({ ...check, timestamp_header: header === '' ? null : header, signed: signed ?? usual })
  }
  return (
    <>
      <Select
        label={t('Algorithm')}
        description={t('The hash function of the HMAC')}
        data={['sha1', 'sha256', 'sha384', 'sha512']}
        value={check.algorithm ?? 'sha256'}
        allowDeselect={false}
        onChange={(algorithm) => algorithm !== null && onChange({ ...check, algorithm })}
      />
      <Select
        label={t('Encoding')}
        description={t('How the signature is encoded')}
        data={['hex', 'base64', 'base64url']}
        value={check.encoding ?? 'hex'}
        allowDeselect={false}
        onChange={(encoding) => encoding !== null && onChange({ ...check, encoding })}
      />
      <TextInput
        label={t('Prefix')}
        description={t('Text before the signature, such as sha256=')}
        maxLength={50}
        error={errorOf('sender_check.prefix')}
        value={check.prefix ?? ''}
        onChange={(event) => onChange({ ...check, prefix: event.currentTarget.value })}
      />
      <TextInput
        label={t('Time header')}
        description={t('The header with the Unix time. Leave empty if no time is signed')}
        maxLength={100}
        error={errorOf('sender_check.timestamp_header')}
        value={check.timestamp_header ?? ''}
        onChange={(event) => setTime(event.currentTarget.value)}
      />
      <TextInput
        label={t('Signed')}
        description={t('The signed text, with {body}, {timestamp} and {header:Name}')}
        required
        maxLength={500}
        error={errorOf('sender_check.signed')}
        value={check.signed ?? ''}
        onChange={(event) => onChange({ ...check, signed: event.currentTarget.value })}
      />
    </>
  )
}
