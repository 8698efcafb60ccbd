import { Button, Group, Stack, Switch, Table, Text, Textarea } from '@mantine/core'
import { useMemo, useState } from 'react'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { useChange } from '../../lib/client/use-change.ts'
import { t } from '../../lib/i18n/t.ts'
import { notifyDone } from '../../lib/notices/notify.ts'
import type { Setting } from '../../lib/requests/get-settings.ts'
import { putSetting } from '../../lib/requests/put-setting.ts'
import { visible } from '../../lib/text.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { SettingText } from '../../lib/ui/runs/settings-changes.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { type EnvChange, planEnv, unreadLines } from './env-text.ts'

type Props = { workflowId: string; settings: readonly Setting[]; onClose: () => void }

const WORDS = {
  added: t('Add'),
  changed: t('Change'),
  replaced: t('Replace secret'),
  same: t('No change'),
} as const

/** Import the form lazily. */
export function EnvForm({ workflowId, settings, onClose }: Props) {
  const [text, setText] = useState('')
  const [secrets, setSecrets] = useState<Readonly<Record<string, boolean>>>({})
  const plan = useMemo(
    () => planEnv(text, settings).map((change) => ({ ...change, secret: secrets[change.key] ?? change.secret })),
    [text, settings, secrets],
  )
  const unread = useMemo(() => unreadLines(text), [text])
  const wanted = plan.filter(({ what }) => what !== 'same')
  const apply = useApply(workflowId, wanted.length, onClose)
  return (
    <Stack>
      <Textarea
        label=".env contents"
        description={t('One NAME=value per line. Quotes, comments and multi-line values are supported.')}
        placeholder={t('API_KEY=ask_…\nSOURCE_KEY="…"')}
        autosize
        minRows={5}
        maxRows={14}
        value={text}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }}
        onChange={(event) => setText(event.currentTarget.value)}
        // The dialog sets its focus before the form loads.
        autoFocus
      />
      {plan.length === 0 ? (
        <Text size="sm" c="dimmed">
          {text.trim() === '' ? t('A preview appears here before anything is saved.') : t('No NAME=value lines found.')}
        </Text>
      ) : (
        <Preview plan={plan} onSecret={(key, secret) => setSecrets({ ...secrets, [key]: secret })} />
      )}
      {unread.length === 0 ? null : (
        <Text size="sm" c="var(--wf-warn)" role="status">
          {t('{count, plural, one {Line} other {Lines}} {unread} can’t be read as NAME=value and will be left out.', {
            count: unread.length,
            unread: unread.slice(0, 20).join(', '),
          })}
        </Text>
      )}
      <LoadError of={apply} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t('Cancel')}
        </Button>
        <Button disabled={wanted.length === 0} loading={apply.isPending} onClick={() => apply.mutate(wanted)}>
          {t('{count, plural, one {Save 1 property} other {Save # properties}}', { count: wanted.length })}
        </Button>
      </Group>
    </Stack>
  )
}

function useApply(workflowId: string, count: number, onDone: () => void) {
  const apply = async (changes: readonly EnvChange[]) => {
    for (const { key, value, secret, base } of changes)
      await putSetting(workflowId, { key, value: JSON.stringify(value), secret, base_revision: base })
  }
  return useChange([queryKeys.settings(workflowId)], apply, {
    onSuccess: () => {
      notifyDone(t('{count, plural, one {1 property saved.} other {# properties saved.}}', { count }))
      onDone()
    },
  })
}

type PreviewProps = { plan: readonly EnvChange[]; onSecret: (key: string, secret: boolean) => void }

function Preview({ plan, onSecret }: PreviewProps) {
  return (
    <StackedTable
      aria-label={t('What will be saved')}
      layout="fixed"
      minWidth={560}
      maxHeight={320}
      heads={[t('Name'), { name: t('Change'), width: 150 }, t('Before'), t('After'), { name: t('Secret'), width: 90 }]}
    >
      {plan.map(({ key, value, what, before, secret }) => (
        <Table.Tr key={key} c={what === 'same' ? 'dimmed' : undefined}>
          <Table.Td className="mono wrap">{visible(key)}</Table.Td>
          <Table.Td data-head={t('Change')}>{WORDS[what]}</Table.Td>
          <Table.Td data-head={t('Before')}>
            <SettingText text={before} />
          </Table.Td>
          <Table.Td data-head={t('After')}>{secret ? '••••••' : <SettingText text={JSON.stringify(value)} />}</Table.Td>
          <Table.Td data-head={t('Secret')}>
            <Switch
              size="xs"
              aria-label={t('{key} is a secret', { key: visible(key) })}
              checked={secret}
              disabled={what === 'same'}
              onChange={(event) => onSecret(key, event.currentTarget.checked)}
            />
          </Table.Td>
        </Table.Tr>
      ))}
    </StackedTable>
  )
}
