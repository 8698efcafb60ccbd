import { Alert, Button, Stack, Switch, Text, Tooltip } from '@mantine/core'
import IconPlayerPlayFilled from '@tabler/icons-react/icons/IconPlayerPlayFilled'
import { type Ref, useEffect, useImperativeHandle, useMemo, useState } from 'react'
import { exampleWithSource } from '../../../../lib/examples.ts'
import { MOD } from '../../../../lib/keys.ts'
import type { Workflow } from '../../../../lib/requests/get-workflow.ts'
import type { Run } from '../../../../lib/requests/runs/run.ts'
import { useStartRun } from '../../../../lib/requests/runs/start-run.ts'
import { LoadError } from '../../../../lib/ui/load-error.tsx'
import { notifyError } from '../../../../lib/ui/notify.ts'
import { Panel } from '../../../../lib/ui/panel.tsx'
import { useSessionState } from '../../../../lib/use-stored-state.ts'
import { BLANK, fieldNames, fromSample, isTestRequest, type TestRequest, toApiRequest } from './test-request.ts'
import { TestRequestForm } from './test-request-form.tsx'
import { TestResult } from './test-result.tsx'
import { TestUnderWay } from './test-under-way.tsx'

type Props = {
  workflow: Workflow
  source: string
  /** Lets the page's shortcut start the test. */
  startRef: Ref<() => void>
  onRun: (run: Run) => void
  /** Shows a line of the editor's text, on which a run failed. */
  onLine: (run: Run, line: number) => void
  /** Names that the request will have, for the editor to complete. */
  onFields: (names: readonly string[]) => void
}

/** Runs the editor's text, saved or not, and shows at once what came of it. */
export function TestPanel({ workflow, source, startRef, onRun, onLine, onFields }: Props) {
  const start = useStartRun(workflow.id)
  const [request, setRequest] = useRequest(workflow, source)
  const [keep, setKeep] = useState(false)
  const catches = workflow.kind === 'catch'
  const names = useMemo(() => (catches ? fieldNames(request) : []), [catches, request])
  useEffect(() => onFields(names), [names, onFields])
  const run = async () => {
    if (start.isPending) return
    const sent = catches ? { request: await toApiRequest(request) } : {}
    start.mutate({ source, keep_settings: keep, ...sent }, { onSuccess: onRun })
  }
  const begin = () => void run().catch(notifyError)
  useImperativeHandle(startRef, () => begin)
  return (
    <Panel
      title="Test"
      aside={
        <Tooltip label={`${MOD} Enter`}>
          <Button
            size="xs"
            leftSection={<IconPlayerPlayFilled size={13} aria-hidden />}
            loading={start.isPending}
            disabled={workflow.archived}
            onClick={begin}
          >
            Run
          </Button>
        </Tooltip>
      }
    >
      <Stack gap="md">
        {catches ? (
          <TestRequestForm workflowId={workflow.id} request={request} onChange={setRequest} />
        ) : (
          <Text size="sm" c="dimmed">
            Runs the code as it stands in the editor with the properties, once, as a tick would.
          </Text>
        )}
        <Switch
          size="xs"
          checked={keep}
          onChange={(event) => setKeep(event.currentTarget.checked)}
          label="Keep changes of settings"
          description="Off: the run works on a copy that is thrown away."
        />
        {start.isPending ? <TestUnderWay workflowId={workflow.id} /> : null}
        {start.error === null || start.isPending ? null : <LoadError error={start.error} retry={begin} />}
        {start.data === undefined || start.isPending ? null : (
          <TestResult
            run={start.data}
            isKept={start.variables.keep_settings === true}
            onLine={start.data.source === source ? (line) => onLine(start.data, line) : undefined}
          />
        )}
        {start.isIdle && workflow.archived ? (
          <Alert color="gray" variant="light">
            An archived workflow can’t be tested.
          </Alert>
        ) : null}
      </Stack>
    </Panel>
  )
}

/** In the place of the panel for who may only look. */
export function NoTest() {
  return (
    <Panel title="Test">
      <Text size="sm" c="dimmed">
        Editors and owners try the code here.
      </Text>
    </Panel>
  )
}

/** What somebody typed; until then the request that the code's own example comes with. */
function useRequest({ id }: Workflow, source: string): [TestRequest, (request: TestRequest) => void] {
  const [typed, setTyped] = useSessionState(`test:${id}`, isTestRequest)
  const [first, setFirst] = useState(BLANK)
  const sample = exampleWithSource(source)?.sample_request
  useEffect(() => {
    if (sample !== undefined) void fromSample(sample).then(setFirst)
  }, [sample])
  return [typed ?? first, setTyped]
}
