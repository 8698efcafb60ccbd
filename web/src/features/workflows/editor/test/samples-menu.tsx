import { ActionIcon, Button, Group, Modal, Popover, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import IconChevronDown from '@tabler/icons-react/icons/IconChevronDown'
import IconX from '@tabler/icons-react/icons/IconX'
import { type ReactNode, useState } from 'react'
import { Form } from '../../../../lib/forms/form.tsx'
import { t } from '../../../../lib/i18n/t.ts'
import { notifyUndo } from '../../../../lib/notices/notify-undo.tsx'
import { useLastRuns } from '../../../../lib/requests/runs/get-runs.ts'
import type { RunSummary } from '../../../../lib/requests/runs/run.ts'
import { getRunToTest } from '../../../../lib/requests/runs/run-body.ts'
import { visible } from '../../../../lib/text.ts'
import { RelativeTime } from '../../../../lib/ui/relative-time.tsx'
import { RunStatusLabel } from '../../../../lib/ui/runs/status.tsx'
import { isShaped, isText, useBrowserState } from '../../../../lib/use-stored-state.ts'
import { wordOf } from '../../../../lib/words.ts'
import { SAMPLES } from './samples.ts'
import { fromRunRequest, isTestRequest, type TestRequest } from './test-request.ts'

type Props = {
  workflowId: string
  request: TestRequest
  onLoad: (from: () => Promise<TestRequest>) => Promise<void>
}

const TITLES: Readonly<Record<string, string>> = {
  'HrFlow events': t('HrFlow events'),
  'Forms and mail': t('Forms and mail'),
  'From the examples': t('From the examples'),
  'Profile parsed': t('Profile parsed'),
  'Profile parsing failed': t('Profile parsing failed'),
  'Job parsed': t('Job parsed'),
  'Several events in one call': t('Several events in one call'),
  'Application form with a resume': t('Application form with a resume'),
  'Email with an attachment': t('Email with an attachment'),
}

export function SamplesMenu({ workflowId, request, onLoad }: Props) {
  const [opened, setOpened] = useState(false)
  const [naming, name] = useDisclosure()
  const [stored, setSaved] = useBrowserState(`samples:${workflowId}`, isSavedList)
  const saved = stored ?? []
  const remove = (index: number) => {
    setSaved(saved.filter((_, each) => each !== index))
    const message = t('“{title}” removed.', { title: visible(saved[index]?.title ?? '') })
    notifyUndo({ id: `samples ${workflowId}`, message, onUndo: () => setSaved(saved) })
  }
  // The loaded request would replace typed text.
  const choose = (from: () => Promise<TestRequest>) => void onLoad(from).then(() => setOpened(false))
  return (
    <>
      <Popover position="bottom-end" width={310} opened={opened} onChange={setOpened} trapFocus returnFocus>
        <Popover.Target>
          <Button
            size="xs"
            variant="subtle"
            color="gray"
            rightSection={<IconChevronDown size={14} aria-hidden />}
            onClick={() => setOpened(!opened)}
          >
            {t('Samples')}
          </Button>
        </Popover.Target>
        <Popover.Dropdown mah={420} p={6} style={{ overflowY: 'auto' }} aria-label={t('Samples')}>
          <Heading>{t('Saved in this browser')}</Heading>
          {saved.map((sample, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two may have the same name
            <Group key={index} gap={0} wrap="nowrap">
              <Choice onClick={() => choose(async () => sample.request)}>{visible(sample.title)}</Choice>
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t('Remove {title}', { title: visible(sample.title) })}
                onClick={() => remove(index)}
              >
                <IconX size={14} aria-hidden />
              </ActionIcon>
            </Group>
          ))}
          <Choice
            onClick={() => {
              setOpened(false)
              name.open()
            }}
          >
            {t('Save this request…')}
          </Choice>
          {opened ? <PastRuns workflowId={workflowId} onLoad={choose} /> : null}
          {SAMPLES.map(({ group, samples }) => (
            <div key={group}>
              <Heading>{TITLES[group] ?? group}</Heading>
              {samples.map((sample) => (
                <Choice key={sample.title} onClick={() => choose(sample.load)}>
                  {TITLES[sample.title] ?? sample.title}
                </Choice>
              ))}
            </div>
          ))}
        </Popover.Dropdown>
      </Popover>
      <Modal opened={naming} onClose={name.close} title={t('Save this request')} centered>
        <NameForm
          onSave={(title) => {
            setSaved([...saved, { title, request }])
            name.close()
          }}
        />
      </Modal>
    </>
  )
}

const Heading = ({ children }: { children: ReactNode }) => (
  <Text size="xs" c="dimmed" fw={600} px={8} pt={8} pb={2}>
    {children}
  </Text>
)

const Choice = ({ onClick, children }: { onClick: () => void; children: ReactNode }) => (
  <Button
    size="compact-sm"
    variant="subtle"
    color="gray"
    c="var(--mantine-color-text)"
    fw={400}
    justify="flex-start"
    fullWidth
    onClick={onClick}
  >
    {children}
  </Button>
)

const MAX_RUNS = 8

function PastRuns({ workflowId, onLoad }: { workflowId: string; onLoad: (from: () => Promise<TestRequest>) => void }) {
  const runs = useLastRuns(workflowId, MAX_RUNS)
  const rows = runs.data?.data ?? []
  return (
    <>
      <Heading>{t('Requests of past runs')}</Heading>
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed" px="sm" py={4}>
          {runs.isPending ? t('Loading…') : t('No runs yet.')}
        </Text>
      ) : null}
      {rows.map((run) => (
        <Choice key={run.id} onClick={() => onLoad(() => requestOf(run))}>
          <Group gap="xs">
            <RunStatusLabel run={run} />
            <Text size="sm" c="dimmed">
              {wordOf(run.trigger)}, <RelativeTime at={run.created_at} />
              {run.label === null ? '' : ` · ${visible(run.label)}`}
            </Text>
          </Group>
        </Choice>
      ))}
    </>
  )
}

async function requestOf({ id }: RunSummary): Promise<TestRequest> {
  const { request } = await getRunToTest(id)
  if (request === null) throw new Error(t('This run had no request.'))
  return await fromRunRequest(request)
}

function NameForm({ onSave }: { onSave: (title: string) => void }) {
  const [title, setTitle] = useState('')
  const submit = () => {
    if (title.trim() !== '') onSave(title.trim())
  }
  return (
    <Form onSubmit={submit}>
      <TextInput
        label={t('Name')}
        description={t('Kept in this browser only. Other people don’t see it.')}
        required
        maxLength={100}
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
        data-autofocus
      />
      <Group justify="flex-end">
        <Button type="submit">{t('Save')}</Button>
      </Group>
    </Form>
  )
}

type SavedSample = { title: string; request: TestRequest }

const isSaved = isShaped<SavedSample>({ title: isText, request: isTestRequest })

const isSavedList = (value: unknown): value is SavedSample[] => Array.isArray(value) && value.every(isSaved)
