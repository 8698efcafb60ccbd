import { ActionIcon, CloseButton, Group, TextInput, Tooltip } from '@mantine/core'
import IconDownload from '@tabler/icons-react/icons/IconDownload'
import IconSearch from '@tabler/icons-react/icons/IconSearch'
import { useDeferredValue, useState } from 'react'
import { t } from '../../../lib/i18n/t.ts'
import { Panel } from '../../../lib/ui/panel.tsx'
import { LogView } from '../../../lib/ui/text/log-view.tsx'
import { useDownloadLogs } from './download-logs.ts'

/** The log of a run: live, searchable and downloadable. */
export function LogPanel({ runId, live }: { runId: string; live: boolean }) {
  const [text, setText] = useState('')
  const search = useDeferredValue(text.trim())
  const download = useDownloadLogs(runId)
  return (
    <Panel
      title={t('Logs')}
      flush
      aside={
        <Group gap="xs" wrap="nowrap">
          <TextInput
            size="xs"
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            aria-label={t('Find in the logs')}
            placeholder={t('Find')}
            maxLength={200}
            leftSection={<IconSearch size={13} aria-hidden />}
            rightSection={
              text === '' ? null : (
                <CloseButton size="xs" aria-label={t('Clear the search')} onClick={() => setText('')} />
              )
            }
            w={{ base: 140, sm: 220 }}
          />
          <Tooltip label={t('Download the logs')}>
            <ActionIcon
              variant="default"
              size={30}
              aria-label={t('Download the logs')}
              loading={download.isPending}
              onClick={() => download.mutate()}
            >
              <IconDownload size={15} aria-hidden />
            </ActionIcon>
          </Tooltip>
        </Group>
      }
    >
      <LogView runId={runId} live={live} search={search} />
    </Panel>
  )
}
