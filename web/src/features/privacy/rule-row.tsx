import { ActionIcon, Checkbox, Group, Select, TextInput } from '@mantine/core'
import { t } from '../../lib/i18n/t.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'

export type Privacy = NonNullable<Workflow['privacy']>
type Rule = Privacy['redact'][number]

export const DETECTORS: readonly { value: NonNullable<Rule['detector']> | 'path'; label: string }[] = [
  { value: 'path', label: t('At a path') },
  { value: 'email', label: t('Email addresses') },
  { value: 'phone', label: t('Phone numbers') },
  { value: 'iban', label: t('IBANs') },
  { value: 'national_id', label: t('National ids') },
  { value: 'birth_date', label: t('Birth dates') },
]
const HOW: readonly { value: Rule['with']; label: string }[] = [
  { value: 'mask', label: t('Masked') },
  { value: 'hash', label: t('Hashed: equal values stay equal') },
  { value: 'drop', label: t('Left out') },
]
const WHERE: readonly { value: Rule['in'][number]; label: string }[] = [
  { value: 'request', label: t('Request') },
  { value: 'answer', label: t('Response') },
  { value: 'logs', label: t('Logs') },
]

type Props = {
  rule: Rule
  number: number
  error: string | undefined
  onChange: (rule: Rule) => void
  onRemove: () => void
}

export function RuleRow({ rule, number, error, onChange, onRemove }: Props) {
  const what = rule.detector ?? 'path'
  const { detector: _, path: __, ...rest } = rule
  const choose = (value: string | null) => {
    const detector = DETECTORS.find((one) => one.value === value)?.value ?? 'path'
    onChange(detector === 'path' ? { ...rest, path: 'body.email' } : { ...rest, detector })
  }
  return (
    <Group gap="sm" align="flex-end" role="group" aria-label={t('Rule {number}', { number })}>
      <Select label={t('Finds')} w={180} allowDeselect={false} data={[...DETECTORS]} value={what} onChange={choose} />
      {what === 'path' ? (
        <TextInput
          label={t('Path')}
          w={220}
          placeholder="body.candidate.email"
          error={error}
          value={rule.path ?? ''}
          onChange={(event) => onChange({ ...rest, path: event.currentTarget.value })}
        />
      ) : null}
      <Select
        label={t('Is stored')}
        w={230}
        allowDeselect={false}
        data={[...HOW]}
        value={rule.with}
        onChange={(value) => onChange({ ...rule, with: HOW.find((one) => one.value === value)?.value ?? 'mask' })}
      />
      <Checkbox.Group
        label={t('In')}
        value={rule.in}
        onChange={(chosen) => {
          const places = WHERE.map(({ value }) => value).filter((value) => chosen.includes(value))
          if (places.length > 0) onChange({ ...rule, in: places })
        }}
      >
        <Group gap="sm" h={36}>
          {WHERE.map(({ value, label }) => (
            <Checkbox key={value} value={value} label={label} />
          ))}
        </Group>
      </Checkbox.Group>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t('Remove rule {number}', { number })}
        onClick={onRemove}
      >
        ✕
      </ActionIcon>
    </Group>
  )
}
