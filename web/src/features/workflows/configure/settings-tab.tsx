import { Button, Group, Stack, Switch, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { useUpdateWorkflow } from '../../../lib/requests/update-workflow.ts'
import { ConfirmButton } from '../../../lib/ui/controls/confirm-button.tsx'
import { Editable } from '../../../lib/ui/controls/editable.tsx'
import { notifyDone, notifyError } from '../../../lib/ui/notify.ts'
import { Panel } from '../../../lib/ui/panel.tsx'
import { ScheduleForm } from '../../schedules/schedule-form.tsx'
import { CallersPanel } from '../../senders/callers-panel.tsx'
import { useRotateHookKey } from '../../senders/rotate-hook-key.ts'
import { DeliveryForm } from './delivery-form.tsx'
import { GeneralForm } from './general-form.tsx'
import { KeptRunsForm } from './kept-runs-form.tsx'
import { LimitsForm } from './limits-form.tsx'

/** Everything about a workflow that is not its code or its properties. */
export function SettingsTab({ workflow }: { workflow: Workflow }) {
  return (
    <Stack gap="md" maw={820}>
      <Panel title="General">
        <Editable>
          <GeneralForm workflow={workflow} />
        </Editable>
      </Panel>
      {workflow.kind === 'pull' ? (
        <Panel title="Schedule">
          <Editable>
            <ScheduleForm workflow={workflow} />
          </Editable>
        </Panel>
      ) : null}
      {workflow.kind === 'catch' ? <CallersPanel workflow={workflow} /> : null}
      <Panel title="Limits">
        <Editable>
          <LimitsForm workflow={workflow} />
        </Editable>
      </Panel>
      <Panel title="Delivery">
        <Editable>
          <DeliveryForm workflow={workflow} />
        </Editable>
      </Panel>
      <Panel title="Kept runs">
        <Editable>
          <KeptRunsForm workflow={workflow} />
        </Editable>
      </Panel>
      <Panel title="State">
        <Editable>
          <StateRows workflow={workflow} />
        </Editable>
      </Panel>
    </Stack>
  )
}

function StateRows({ workflow }: { workflow: Workflow }) {
  const update = useUpdateWorkflow(workflow.id)
  const setEnabled = (enabled: boolean) => update.mutate({ enabled }, { onError: notifyError })
  return (
    <Stack gap="lg">
      <Row
        title="Enabled"
        text={
          workflow.kind === 'catch'
            ? 'When off, its URL answers 503 and senders try again later.'
            : 'When off, its schedule rests.'
        }
      >
        <Switch
          aria-label="Enabled"
          checked={workflow.enabled}
          disabled={update.isPending || workflow.archived}
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
      </Row>
      {workflow.kind === 'catch' ? <RotateRow workflow={workflow} /> : null}
      <ArchiveRow workflow={workflow} />
    </Stack>
  )
}

function RotateRow({ workflow }: { workflow: Workflow }) {
  const rotate = useRotateHookKey(workflow.id)
  const confirm = () =>
    rotate.mutate(undefined, { onSuccess: () => notifyDone('The workflow has a new URL.'), onError: notifyError })
  return (
    <Row title="Workflow Url" text="Give the workflow a new URL when the old one has become known to the wrong people.">
      <ConfirmButton
        variant="default"
        title="Make a new Workflow Url?"
        action="Make a new URL"
        loading={rotate.isPending}
        onConfirm={confirm}
        explanation="The old URL answers 404 from then on: every service that calls it must be given the new one. This can’t be undone."
      >
        New URL
      </ConfirmButton>
    </Row>
  )
}

function ArchiveRow({ workflow }: { workflow: Workflow }) {
  const update = useUpdateWorkflow(workflow.id)
  const setArchived = (archived: boolean) =>
    update.mutate(
      { archived },
      {
        onSuccess: () => notifyDone(archived ? 'The workflow is archived.' : 'The workflow is back.'),
        onError: notifyError,
      },
    )
  if (workflow.archived) {
    return (
      <Row title="Archived" text="Nothing runs. Code, properties and runs are kept.">
        <Button variant="default" loading={update.isPending} onClick={() => setArchived(false)}>
          Take back
        </Button>
      </Row>
    )
  }
  return (
    <Row title="Archive this workflow" text="It stops for good, until somebody takes it back.">
      <ConfirmButton
        variant="outline"
        color="red"
        title={`Archive “${workflow.name}”?`}
        action="Archive"
        loading={update.isPending}
        onConfirm={() => setArchived(true)}
        explanation={
          <>
            {workflow.kind === 'catch'
              ? 'Its URL answers 410 Gone: many senders then stop sending for good. '
              : 'Its schedule stops. '}
            It leaves the list of workflows. Its code, properties and runs are kept, and it can be taken back.
          </>
        }
      >
        Archive this workflow
      </ConfirmButton>
    </Row>
  )
}

function Row({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <Group justify="space-between" gap="sm">
      <div style={{ flex: '1 1 260px' }}>
        <Text fw={600}>{title}</Text>
        <Text size="sm" c="dimmed">
          {text}
        </Text>
      </div>
      {children}
    </Group>
  )
}
