import { Stack, Table, Text } from '@mantine/core'
import IconAlertTriangle from '@tabler/icons-react/icons/IconAlertTriangle'
import IconShieldCheck from '@tabler/icons-react/icons/IconShieldCheck'
import { rich } from '../../lib/i18n/rich.ts'
import { t } from '../../lib/i18n/t.ts'
import { findServerWords, serverWords } from '../../lib/notices/server-words.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import { type Runtime, useRuntimes } from '../../lib/requests/get-runtimes.ts'
import { useSystem } from '../../lib/requests/get-system.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { OperationPanel } from './operation-panel.tsx'

export function SystemPanel() {
  const system = useSystem()
  const runtimes = useRuntimes()
  const isOwner = useMay('admin')
  return (
    <>
      <Panel title={t('System')}>
        <Stack gap="md">
          {system.isPending ? <RowsSkeleton rows={2} /> : null}
          <LoadError of={system} />
          {system.data === undefined ? null : (
            <div>
              {system.data.version === undefined ? null : (
                <Text>{rich('Version {strong}', { strong: <strong>{system.data.version}</strong> })}</Text>
              )}
              <Sandbox tier={system.data.sandbox?.tier} notes={system.data.sandbox?.notes} />
            </div>
          )}
          {runtimes.data === undefined ? null : <RuntimeTable runtimes={runtimes.data} />}
        </Stack>
      </Panel>
      {isOwner ? <OperationPanel /> : null}
    </>
  )
}

function Sandbox({ tier, notes }: { tier: string | undefined; notes: string[] | string | null | undefined }) {
  if (tier === undefined) return null
  const lines = typeof notes === 'string' ? [notes] : (notes ?? [])
  const Icon = tier === 'none' ? IconAlertTriangle : IconShieldCheck
  return (
    <>
      <Text style={{ display: 'flex', alignItems: 'center', gap: 6 }}>
        <Icon size={16} color={tier === 'none' ? 'var(--wf-bad)' : 'var(--wf-good)'} aria-hidden />{' '}
        {rich('Sandbox {strong}', { strong: <strong>{tier}</strong> })}
      </Text>
      {lines.map((line) => (
        <Text key={line} size="sm" c="dimmed" className="wrap" lang={findServerWords(line) === null ? 'en' : undefined}>
          {serverWords(line)}
        </Text>
      ))}
    </>
  )
}

function RuntimeTable({ runtimes }: { runtimes: readonly Runtime[] }) {
  return (
    <Table aria-label={t('Runtimes')} verticalSpacing={6}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('Runtime')}</Table.Th>
          <Table.Th>{t('Version')}</Table.Th>
          <Table.Th>{t('Packages')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {runtimes.map((runtime) => (
          <Table.Tr key={runtime.name}>
            <Table.Td>{runtime.name}</Table.Td>
            <Table.Td>{runtime.version}</Table.Td>
            <Table.Td className="wrap">
              {runtime.usable ? (
                <Packages packages={runtime.packages} />
              ) : (
                t('Not usable: {reason}', { reason: runtime.reason ?? t('no reason given') })
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

const MAIN_PACKAGES: readonly string[] = ['hrflow', 'requests']

function Packages({ packages }: Pick<Runtime, 'packages'>) {
  const main = packages.filter(({ name }) => MAIN_PACKAGES.includes(name))
  if (packages.length === 0) return t('The standard library')
  return (
    <details>
      <summary style={{ cursor: 'pointer' }}>
        {main.map(nameAndVersion).join(', ') || t('{length} packages', { length: packages.length })}
      </summary>
      <Text size="xs" c="dimmed">
        {packages.map(nameAndVersion).join(', ')}
      </Text>
    </details>
  )
}

const nameAndVersion = ({ name, version }: Runtime['packages'][number]): string => `${name} ${version}`
