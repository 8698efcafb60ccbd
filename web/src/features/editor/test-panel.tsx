import { Alert, Button, Stack, Switch, Text, Tooltip } from '@mantine/core'
import IconPlayerPlayFilled from '@tabler/icons-react/icons/IconPlayerPlayFilled'
import { type Ref, useImperativeHandle, useState } from 'react'
import { MOD } from '../../lib/keys.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import type { Run } from '../../lib/requests/run.ts'
import { useStartRun } from '../../lib/requests/start-run.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { useSessionState } from '../../lib/use-session-state.ts'
import { firstRequest, isTestRequest, toApiRequest } from './test-request.ts'
import { TestRequestForm } from './test-request-form.tsx'
import { TestResult } from './test-result.tsx'
import { TestUnderWay } from './test-under-way.tsx'

type Props = {
  workflow: Workflow
  source: string
  /** Lets the editor's shortcut start the test. */
  startRef: Ref<() => void>
  onRun: (run: Run) => void
}

/** Runs the editor's text, saved or not, and shows at once what came of it. */
export function TestPanel({ workflow, source, startRef, onRun }: Props) {
  const start = useStartRun(workflow.id)
  const [typed, setTyped] = useSessionState(`test:${workflow.id}`, isTestRequest)
  const [keep, setKeep] = useState(false)
  const request = typed ?? firstRequest(source)
  const run = () => {
    if (start.isPending) return
    const catches = workflow.kind === 'catch' ? { request: toApiRequest(request) } : {}
    start.mutate({ source, keep_settings: keep, ...catches }, { onSuccess: onRun })
  }
  useImperativeHandle(startRef, () => run)
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
            onClick={run}
          >
            Run
          </Button>
        </Tooltip>
      }
    >
      <Stack gap="md">
        {workflow.kind === 'catch' ? (
          <TestRequestForm request={request} onChange={setTyped} />
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
        {start.error === null || start.isPending ? null : <LoadError error={start.error} retry={run} />}
        {start.data === undefined || start.isPending ? null : <TestResult run={start.data} />}
        {start.isIdle && workflow.archived ? (
          <Alert color="gray" variant="light">
            An archived workflow can’t be tested.
          </Alert>
        ) : null}
      </Stack>
    </Panel>
  )
}
