import { Checkbox, NumberInput, Stack, Text } from '@mantine/core'
import { t } from '../../lib/i18n/t.ts'
import { visible } from '../../lib/text.ts'
import { type AlertRule, EVENTS, useChannels } from './channels.ts'

export const EVENT_WORDS: Readonly<Record<AlertRule['on'][number], string>> = {
  failing: t('Starts failing'),
  recovered: t('Recovers'),
  missed_tick: t('A scheduled time was missed'),
  canary_aborted: t('A canary failed too often and was ended'),
  settings_conflict: t('A run overwrote another change of a property'),
  connection_lost: t('A connection needs a new sign-in'),
  dead_letter: t('A background run failed after its last retry'),
}

/** A recovery is sent only after a failure. */
const eventsOf = (on: readonly string[]): AlertRule['on'] =>
  EVENTS.flatMap((value) => (on.includes(value) && (value !== 'recovered' || on.includes('failing')) ? [value] : []))

type Props = { rule: AlertRule; onChange: (rule: AlertRule) => void; isSystem?: boolean }

export function RuleFields({ rule, onChange, isSystem = false }: Props) {
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
              {isSystem
                ? t('Add a channel above first.')
                : t('No channels yet. An owner adds them under Settings, Alerts.')}
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
          {EVENTS.map((value) => (
            <Checkbox
              key={value}
              value={value}
              label={EVENT_WORDS[value]}
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
        maw={320}
        value={rule.after}
        onChange={(after) => onChange({ ...rule, after: typeof after === 'number' ? Math.max(1, after) : 1 })}
      />
    </Stack>
  )
}
