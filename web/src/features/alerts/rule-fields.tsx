import { Checkbox, NumberInput, Stack, Text } from '@mantine/core'
import { t } from '../../lib/i18n/t.ts'
import { visible } from '../../lib/text.ts'
import { type AlertRule, useChannels } from './channels.ts'

const EVENTS = [
  { value: 'failing', label: t('Starts failing') },
  { value: 'recovered', label: t('Recovers') },
  { value: 'missed_tick', label: t('A scheduled time was missed') },
  { value: 'canary_aborted', label: t('A canary failed too often and was ended') },
  { value: 'settings_conflict', label: t('A run overwrote another change of a property') },
  { value: 'dead_letter', label: t('A background run failed after its last retry') },
] as const

export const NEW_RULE: AlertRule = { channels: [], on: EVENTS.map(({ value }) => value), after: 1 }

/** A recovery follows only a failure that was sent. */
const eventsOf = (on: readonly string[]): AlertRule['on'] =>
  EVENTS.flatMap(({ value }) =>
    on.includes(value) && (value !== 'recovered' || on.includes('failing')) ? [value] : [],
  )

export function RuleFields({ rule, onChange }: { rule: AlertRule; onChange: (rule: AlertRule) => void }) {
  const channels = useChannels()
  return (
    <Stack gap="sm">
      <Checkbox.Group
        label={t('Channels')}
        value={[...rule.channels]}
        onChange={(ids) => onChange({ ...rule, channels: ids })}
      >
        <Stack gap={6} mt={6}>
          {channels.data?.length === 0 ? (
            <Text size="sm" c="dimmed">
              {t('No channels yet. An owner adds them under Settings, Alerts.')}
            </Text>
          ) : null}
          {channels.error === null ? null : (
            <Text size="sm" c="dimmed">
              {t('Only owners see the channels. Ask one to choose where alerts go.')}
            </Text>
          )}
          {channels.data?.map(({ id, name, type }) => (
            <Checkbox key={id} value={id} label={`${visible(name)} (${type})`} />
          ))}
        </Stack>
      </Checkbox.Group>
      <Checkbox.Group
        label={t('Notify when')}
        value={[...rule.on]}
        onChange={(on) => onChange({ ...rule, on: eventsOf(on) })}
      >
        <Stack gap={6} mt={6}>
          {EVENTS.map(({ value, label }) => (
            <Checkbox
              key={value}
              value={value}
              label={label}
              disabled={value === 'recovered' && !rule.on.includes('failing')}
            />
          ))}
        </Stack>
      </Checkbox.Group>
      <NumberInput
        label={t('Failures in a row')}
        description={t('Alert after this many failures in a row')}
        min={1}
        max={1000}
        allowDecimal={false}
        w={180}
        value={rule.after}
        onChange={(after) => onChange({ ...rule, after: typeof after === 'number' ? Math.max(1, after) : 1 })}
      />
    </Stack>
  )
}
