import { Alert, Button, Skeleton, Stack, Switch, Text, Tooltip } from '@mantine/core'
import IconPlayerPlayFilled from '@tabler/icons-react/icons/IconPlayerPlayFilled'
import { type Ref, useEffect, useImperativeHandle, useMemo, useState } from 'react'
import { useOnceReady } from '../../../../lib/forms/use-once-ready.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { jsonProblem } from '../../../../lib/json-text.ts'
import { MOD } from '../../../../lib/keys.ts'
import { notifyError } from '../../../../lib/notices/notify.ts'
import { useMe } from '../../../../lib/requests/get-me.ts'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'
import type { Run } from '../../../../lib/requests/runs/run.ts'
import { type StartRun, useStartRun } from '../../../../lib/requests/runs/start-run.ts'
import { LoadError } from '../../../../lib/ui/load-error.tsx'
import { Panel } from '../../../../lib/ui/panel.tsx'
import { isText, useSessionState } from '../../../../lib/use-stored-state.ts'
import { type Code, isSameCode } from '../text/code.ts'
import { AnswersField } from './answers-field.tsx'
import { OriginalNote, useOriginal } from './original-run.tsx'
import { SampleNote } from './sample-note.tsx'
import { fieldNames, toApiRequest } from './test-request.ts'
import { TestRequestForm } from './test-request-form.tsx'
import { TestResult } from './test-result.tsx'
import { TestUnderWay } from './test-under-way.tsx'
import { useTestRequest } from './use-test-request.ts'

/** With an empty JSON body, so that the layout does not jump. */
const FORM_HEIGHT = 330

type Props = {
  workflow: Workflow
  code: Code
  originalId: string | null
  startRef: Ref<() => void>
  onRun: (run: Run) => void
  onLine: (run: Run, line: number) => void
  onFields: (names: readonly string[]) => void
}

export function TestPanel({ workflow, code, originalId, startRef, onRun, onLine, onFields }: Props) {
  const start = useStartRun(workflow.id)
  const tested = useTestRequest(workflow, code.source)
  const { request } = tested
  const { run: original, isReady: isOriginalReady } = useOriginal(originalId, tested.set)
  const isReady = tested.isReady && isOriginalReady
  const answers = useAnswers(workflow.id, code)
  const canSend = isReady && !tested.isLoading && answers.isSendable
  const [keep, setKeep] = useState(false)
  const catches = workflow.kind === 'catch'
  const names = useMemo(() => (catches ? fieldNames(request) : []), [catches, request])
  useEffect(() => onFields(names), [names, onFields])
  const run = async () => {
    if (start.isPending) return
    const sent = catches ? { request: await toApiRequest(request) } : {}
    // The server refuses saved version numbers here.
    const { source, files } = code
    start.mutate({ source, files, keep_settings: keep, ...sent, ...answers.sent() }, { onSuccess: onRun })
  }
  const { begin, isWaiting } = useOnceReady<void>(canSend, tested.isFailed, () => void run().catch(notifyError))
  useImperativeHandle(startRef, () => begin)
  return (
    <Panel
      title={t('Test')}
      aside={
        <Tooltip label={`${MOD} Enter`}>
          <Button
            size="xs"
            leftSection={<IconPlayerPlayFilled size={13} aria-hidden />}
            loading={start.isPending || isWaiting}
            disabled={workflow.archived || !canSend}
            onClick={() => begin()}
          >
            {t('Run')}
          </Button>
        </Tooltip>
      }
    >
      <Stack gap="md">
        {catches ? (
          <RequestOfTest workflow={workflow} code={code} tested={tested} original={original} isReady={isReady} />
        ) : (
          <Text size="sm" c="dimmed">
            {t('Runs the editor’s code once with the current properties, as the schedule would.')}
          </Text>
        )}
        {answers.isShown ? <AnswersField text={answers.text} onChange={answers.set} /> : null}
        <KeepSwitch keep={keep} onChange={setKeep} />
        {start.isPending ? <TestUnderWay workflowId={workflow.id} /> : null}
        {start.isPending ? null : <LoadError of={{ error: start.error, refetch: begin }} />}
        {start.data === undefined || start.isPending ? null : (
          <TestResult
            run={start.data}
            original={original}
            isEarlier={!isSame(start.data, code)}
            isKept={start.variables.keep_settings === true}
            onLine={isSame(start.data, code) ? (line) => onLine(start.data, line) : undefined}
          />
        )}
        {start.isIdle && workflow.archived ? (
          <Alert color="gray" variant="light">
            {t('An archived workflow can’t be tested.')}
          </Alert>
        ) : null}
      </Stack>
    </Panel>
  )
}

function KeepSwitch({ keep, onChange }: { keep: boolean; onChange: (keep: boolean) => void }) {
  return (
    <Switch
      size="xs"
      checked={keep}
      onChange={(event) => onChange(event.currentTarget.checked)}
      label={t('Save settings changes')}
      description={t('Off: the test runs on a copy, and nothing is saved.')}
    />
  )
}

type RequestProps = {
  workflow: Workflow
  code: Code
  tested: ReturnType<typeof useTestRequest>
  original: Run | null
  isReady: boolean
}

function RequestOfTest({ workflow, code, tested, original, isReady }: RequestProps) {
  const { request, set, origin, reset } = tested
  return (
    <>
      {original === null ? null : <OriginalNote run={original} code={code} />}
      {isReady ? (
        <>
          <TestRequestForm
            workflowId={workflow.id}
            takesGet={workflow.methods?.includes('GET') ?? false}
            request={request}
            onChange={set}
            onLoad={tested.load}
            onEntered={tested.setEntered}
          />
          <SampleNote workflowId={workflow.id} request={request} origin={origin} onReset={reset} />
        </>
      ) : (
        <Skeleton height={FORM_HEIGHT} />
      )}
    </>
  )
}

const isSame = ({ source, files = {} }: Run, code: Code): boolean => isSameCode({ source: source ?? '', files }, code)

export function NoTest() {
  const isEditor = useMe().data?.role === 'editor'
  return (
    <Panel title={t('Test')}>
      <Text size="sm" c="dimmed">
        {isEditor
          ? t('Only owners and the editors of this workflow can run tests.')
          : t('Only editors and owners can run tests.')}
      </Text>
    </Panel>
  )
}

const IMPORTS = ['from workflows import', 'import workflows', "from 'workflows'", 'from "workflows"'] as const

/** The server reads the imports. Here, their text suffices. */
const importsWorkflows = ({ source, files }: Code): boolean =>
  [source, ...Object.values(files)].some((text) => IMPORTS.some((words) => text.includes(words)))

/** `sent`: the run's fields. `isSendable`: the text is empty or JSON. */
function useAnswers(workflowId: string, code: Code) {
  const [typed, set] = useSessionState(`answers:${workflowId}`, isText)
  const isShown = importsWorkflows(code)
  const text = typed ?? ''
  const isEmpty = !isShown || text.trim() === ''
  return {
    isShown,
    text,
    set,
    isSendable: isEmpty || jsonProblem(text) === null,
    sent: (): Pick<StartRun, 'answers'> => (isEmpty ? {} : { answers: JSON.parse(text) }),
  }
}
