import { Button, Group, Progress, Stack, Table, Text, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Form } from '../../../lib/forms/form.tsx'
import { t } from '../../../lib/i18n/t.ts'
import { notifyDone } from '../../../lib/notices/notify.ts'
import { visible } from '../../../lib/text.ts'
import { exactTime } from '../../../lib/time.ts'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { Panel } from '../../../lib/ui/panel.tsx'
import { RowsSkeleton } from '../../../lib/ui/rows-skeleton.tsx'
import { StackedTable } from '../../../lib/ui/stacked-table.tsx'
import { FoundData } from './found-data.tsx'
import {
  downloadCertificate,
  useCertificates,
  useErasePerson,
  useExportPerson,
  useFindPerson,
} from './person-requests.ts'

const MIN_LENGTH = 3

export function PersonPanel() {
  const find = useFindPerson()
  const exporting = useExportPerson()
  const erasing = useErasePerson()
  const work = find.isPending
    ? t('Searching all stored runs…')
    : exporting.isPending
      ? t('Collecting the data…')
      : erasing.isPending
        ? t('Erasing…')
        : null
  const error = find.error ?? exporting.error ?? erasing.error
  const search = (wanted: string) => {
    exporting.reset()
    erasing.reset()
    find.mutate(wanted)
  }
  const { data: found } = find
  const erase = ({ endWaiting }: { endWaiting: boolean }) => {
    if (found === undefined) return
    const onSuccess = () => {
      notifyDone(t('Erased. The certificate is below.'))
      find.mutate(found.value)
    }
    erasing.mutate({ found, endWaiting }, { onSuccess })
  }
  return (
    <Stack gap="md">
      <Panel title={t('Find a person')}>
        <Stack>
          <SearchForm isBusy={work !== null} onSearch={search} />
          {work === null ? null : (
            <Stack gap={4} role="status">
              <Progress value={100} animated aria-label={work} />
              <Text size="sm">{work}</Text>
            </Stack>
          )}
          <LoadError of={{ error }} />
        </Stack>
      </Panel>
      {found === undefined ? null : (
        <FoundData
          found={found}
          isBusy={work !== null}
          onExport={() => exporting.mutate(found.value)}
          onErase={erase}
        />
      )}
      <Certificates />
    </Stack>
  )
}

function SearchForm({ isBusy, onSearch }: { isBusy: boolean; onSearch: (value: string) => void }) {
  const [typed, setTyped] = useState('')
  const value = typed.trim()
  return (
    <Form gap="sm" onSubmit={() => value.length >= MIN_LENGTH && onSearch(value)}>
      <Group align="flex-end" gap="sm">
        <TextInput
          flex={1}
          miw={220}
          label={t('Value')}
          description={t('An email address, a phone number, an id or a name, as a sender wrote it')}
          placeholder={t('ada@example.com')}
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button type="submit" disabled={value.length < MIN_LENGTH || isBusy}>
          {t('Find')}
        </Button>
      </Group>
      <Text size="sm" c="dimmed">
        {t(
          'Searches the runs of all workflows, the values that they wrote, and unsaved code. The audit log records each search, without the value.',
        )}
      </Text>
    </Form>
  )
}

function Certificates() {
  const certificates = useCertificates()
  const { data, error } = certificates
  return (
    <Panel title={t('Certificates of erasure')} flush>
      {error !== null ? (
        <LoadError of={certificates} />
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
