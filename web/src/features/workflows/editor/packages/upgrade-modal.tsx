import { Alert, Button, Group, Modal, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { api } from '../../../../lib/client/api.ts'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { LoadError } from '../../../../lib/ui/load-error.tsx'
import { RowsSkeleton } from '../../../../lib/ui/rows-skeleton.tsx'
import type { Code } from '../text/code.ts'

type Locked = { readonly name: string; readonly version: string }
type Change = { readonly name: string; readonly before: string | null; readonly after: string | null }

type Props = {
  workflowId: string
  code: Code
  packages: readonly Locked[]
  opened: boolean
  onClose: () => void
  onDeploy: () => void
}

export function UpgradeModal({ opened, onClose, ...rest }: Props) {
  return (
    <Modal opened={opened} onClose={onClose} title={t('Upgrade packages')} size="lg">
      <Upgrade onClose={onClose} {...rest} />
    </Modal>
  )
}

function Upgrade({ workflowId, code, packages, onClose, onDeploy }: Omit<Props, 'opened'>) {
  const found = useQuery({
    queryKey: queryKeys.resolvedPackages(workflowId, code),
    queryFn: ({ signal }) =>
      api.post('/api/workflows/{id}/packages/resolve', { path: { id: workflowId }, body: { ...code }, signal }),
    // Each opening queries the index again.
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const changes = found.data === undefined ? null : compare(packages, found.data.packages)
  const deploy = () => {
    onClose()
    onDeploy()
  }
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t('The newest versions that the code allows. Nothing changes until you deploy.')}
      </Text>
      {found.isPending ? <RowsSkeleton rows={3} /> : null}
      <LoadError of={found} />
      {changes === null ? null : <Changes changes={changes} />}
      {found.data?.notes.map((note) => (
        <Alert key={note} color="yellow" variant="light">
          {note}
        </Alert>
      ))}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {changes?.length === 0 ? t('Close') : t('Cancel')}
        </Button>
        {changes?.length === 0 ? null : (
          <Button disabled={changes === null} onClick={deploy}>
            {t('Deploy the upgrade')}
          </Button>
        )}
      </Group>
    </Stack>
  )
}

function Changes({ changes }: { changes: readonly Change[] }) {
  if (changes.length === 0) return <Text>{t('All packages are up to date.')}</Text>
  return (
    <Table aria-label={t('Changes')} verticalSpacing={6}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t('Package')}</Table.Th>
          <Table.Th>{t('Now')}</Table.Th>
          <Table.Th>{t('Then')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {changes.map(({ name, before, after }) => (
          <Table.Tr key={name}>
            <Table.Td className="wrap">{name}</Table.Td>
            <Table.Td>{before ?? t('not installed')}</Table.Td>
            <Table.Td>{after ?? t('removed')}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

function compare(now: readonly Locked[], then: readonly Locked[]): readonly Change[] {
  const before = new Map(now.map(({ name, version }) => [name, version]))
  const after = new Map(then.map(({ name, version }) => [name, version]))
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((name) => ({ name, before: before.get(name) ?? null, after: after.get(name) ?? null }))
    .filter((change) => change.before !== change.after)
    .sort((a, b) => a.name.localeCompare(b.name))
}
