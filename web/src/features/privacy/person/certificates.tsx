import { Button, Table, Text } from '@mantine/core'
import { t } from '../../../lib/i18n/t.ts'
import { visible } from '../../../lib/text.ts'
import { exactTime } from '../../../lib/time.ts'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { Panel } from '../../../lib/ui/panel.tsx'
import { RowsSkeleton } from '../../../lib/ui/rows-skeleton.tsx'
import { StackedTable } from '../../../lib/ui/stacked-table.tsx'
import { downloadCertificate, useCertificates } from './person-requests.ts'

export function Certificates() {
  const { data, error } = useCertificates()
  return (
    <Panel title={t('Certificates of erasure')} flush>
      {error !== null ? (
        <LoadError error={error} />
      ) : data === undefined ? (
        <RowsSkeleton />
      ) : data.length === 0 ? (
        <Text p="md" size="sm" c="dimmed">
          {t('No data was erased yet.')}
        </Text>
      ) : (
        <StackedTable
          aria-label={t('Certificates of erasure')}
          minWidth={640}
          heads={[t('Erased'), t('By'), t('Runs'), 'SHA-256']}
          hasActions
        >
          {data.map((certificate) => (
            <Table.Tr key={certificate.id}>
              <Table.Td>{exactTime(certificate.at)}</Table.Td>
              <Table.Td data-head={t('By')}>{visible(certificate.by.name)}</Table.Td>
              <Table.Td data-head={t('Runs')}>{certificate.runs.length}</Table.Td>
              <Table.Td data-head="SHA-256" className="mono" title={certificate.sha256}>
                {certificate.sha256.slice(0, 16)}…
              </Table.Td>
              <Table.Td>
                <Button size="compact-sm" variant="default" onClick={() => downloadCertificate(certificate)}>
                  {t('Download')}
                </Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </StackedTable>
      )}
    </Panel>
  )
}
