import { ActionIcon, CloseButton, Group, Select, TextInput, Tooltip } from '@mantine/core'
import IconChevronsDown from '@tabler/icons-react/icons/IconChevronsDown'
import IconDownload from '@tabler/icons-react/icons/IconDownload'
import IconSearch from '@tabler/icons-react/icons/IconSearch'
import IconTextWrap from '@tabler/icons-react/icons/IconTextWrap'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useDeferredValue, useState } from 'react'
import { downloadText } from '../../../lib/download.ts'
import { t } from '../../../lib/i18n/t.ts'
import { notifyError } from '../../../lib/notices/notify.ts'
import { getAllLogs } from '../../../lib/requests/runs/get-run-logs.ts'
import { Panel } from '../../../lib/ui/panel.tsx'
import { type LeastLevel, LOG_LEVELS } from '../../../lib/ui/text/log-levels.ts'
import { LogView } from '../../../lib/ui/text/log-view.tsx'
import { useBrowserState } from '../../../lib/use-stored-state.ts'

const LEVEL_WORDS: Readonly<Record<LeastLevel, string>> = {
  all: t('All lines'),
  warning: t('Warnings and errors'),
  error: t('Errors'),
}
const isSwitch = (value: unknown): value is boolean => typeof value === 'boolean'

export function LogPanel({ runId, live }: { runId: string; live: boolean }) {
  const [text, setText] = useState('')
  const search = useDeferredValue(text.trim())
  const [level, setLevel] = useState<LeastLevel>('all')
  const [wrap, setWrap] = useBrowserState('log-wrap', isSwitch)
  const [jumps, setJumps] = useState(0)
  const download = useDownloadLogs(runId)
  return (
    <Panel
      title={t('Logs')}
      flush
      aside={
        <Group gap="xs" justify="flex-end">
          <LogSearch text={text} onChange={setText} />
          <Select
            size="xs"
            w={160}
            aria-label={t('Level of the lines')}
            data={LOG_LEVELS.map((value) => ({ value, label: LEVEL_WORDS[value] }))}
            value={level}
            allowDeselect={false}
            onChange={(value) => setLevel(LOG_LEVELS.find((one) => one === value) ?? 'all')}
          />
          <Group gap={4} wrap="nowrap">
            <Tool words={t('Wrap long lines')} isOn={wrap ?? true} onClick={() => setWrap((now) => !(now ?? true))}>
              <IconTextWrap size={15} aria-hidden />
            </Tool>
            <Tool words={t('Jump to the end')} onClick={() => setJumps((now) => now + 1)}>
              <IconChevronsDown size={15} aria-hidden />
            </Tool>
            <Tool words={t('Download the logs')} loading={download.isPending} onClick={() => download.mutate()}>
              <IconDownload size={15} aria-hidden />
            </Tool>
          </Group>
        </Group>
      }
    >
      <LogView runId={runId} live={live} search={search} level={level} wrap={wrap ?? true} jumps={jumps} />
    </Panel>
  )
}

const LogSearch = ({ text, onChange }: { text: string; onChange: (text: string) => void }) => (
  <TextInput
    size="xs"
    value={text}
    onChange={(event) => onChange(event.currentTarget.value)}
    aria-label={t('Find in the logs')}
    placeholder={t('Find')}
    maxLength={200}
    leftSection={<IconSearch size={13} aria-hidden />}
    rightSection={
      text === '' ? null : <CloseButton size="xs" aria-label={t('Clear the search')} onClick={() => onChange('')} />
    }
    w={{ base: 140, sm: 180 }}
  />
)

type ToolProps = {
  words: string
  isOn?: boolean
  loading?: boolean
  onClick: () => void
  children: ReactNode
}

const Tool = ({ words, isOn, loading = false, onClick, children }: ToolProps) => (
  <Tooltip label={words}>
    <ActionIcon
      variant={isOn === true ? 'light' : 'default'}
      size={30}
      aria-label={words}
      aria-pressed={isOn}
      loading={loading}
      onClick={onClick}
    >
      {children}
    </ActionIcon>
  </Tooltip>
)

function useDownloadLogs(runId: string) {
  return useMutation({
    mutationFn: async () => {
      const lines = await getAllLogs(runId)
      const text = lines.map((line) => `${line.at} ${line.stream} ${line.text}\n`).join('')
      downloadText(`${runId}.log`, text)
    },
    onError: notifyError,
  })
}
