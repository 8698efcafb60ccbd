import { Button, Group, Stack, Switch, Text } from '@mantine/core'
import type { ComponentType, ReactNode } from 'react'
import { t } from '../../../lib/i18n/t.ts'
import { notifyDone, notifyError } from '../../../lib/notices/notify.ts'
import { useMay } from '../../../lib/requests/get-me.ts'
import type { Workflow } from '../../../lib/requests/get-workflow.ts'
import { useUpdateWorkflow } from '../../../lib/requests/update-workflow.ts'
import { visible } from '../../../lib/text.ts'
import { ConfirmButton } from '../../../lib/ui/controls/confirm-button.tsx'
import { Editable } from '../../../lib/ui/controls/editable.tsx'
import { HelpLink, type HelpWord } from '../../../lib/ui/help/help-link.tsx'
import { Panel } from '../../../lib/ui/panel.tsx'
import { AlertsForm } from '../../alerts/alerts-form.tsx'
import { DecisionsForm } from '../../decisions/decisions-form.tsx'
import { PrivacyForm } from '../../privacy/privacy-form.tsx'
import { ScheduleForm } from '../../schedules/schedule-form.tsx'
import { CallersPanel } from '../../senders/callers-panel.tsx'
import { useRotateHookKey } from '../../senders/rotate-hook-key.ts'
import { GateForm } from '../../trials/gate-form.tsx'
import { ConnectionsForm } from './connections-form.tsx'
import { useDeleteWorkflow } from './delete-workflow.ts'
import { DeliveryForm } from './delivery-form.tsx'
import { DuplicateButton } from './duplicate-button.tsx'
import { EditorsForm } from './editors-form.tsx'
import { EgressForm } from './egress-form.tsx'
import { GeneralForm } from './general-form.tsx'
import { KeptRunsForm } from './kept-runs-form.tsx'
import { LaneForm } from './lane-form.tsx'
import { LimitsForm } from './limits-form.tsx'
import { RequestForm } from './request-form.tsx'
import { SectionList } from './section-list.tsx'
import classes from './settings-tab.module.css'
import { VariablesForm } from './variables-form.tsx'

export function SettingsTab({ workflow }: { workflow: Workflow }) {
  const isOwner = useMay('admin')
  const sections = SECTIONS.filter(({ isFor = () => true }) => isFor(workflow, isOwner))
  return (
    <div className={classes.columns}>
      <SectionList sections={sections} />
      <Stack gap="md" maw={820} miw={0}>
        {sections.map(({ id, word, help, isWhole = false, Content }) => (
          <div key={id} id={id} className={classes.section}>
            {isWhole ? (
              <Content workflow={workflow} />
            ) : (
              <Panel title={word} help={help === undefined ? undefined : <HelpLink about={help} />}>
                <Editable>
                  <Content workflow={workflow} />
                </Editable>
              </Panel>
            )}
          </div>
        ))}
      </Stack>
    </div>
  )
}

type Section = {
  id: string
  word: string
  help?: HelpWord
  Content: ComponentType<{ workflow: Workflow }>
  isWhole?: boolean
  isFor?: (workflow: Workflow, isOwner: boolean) => boolean
}

const isCatch = ({ kind }: Workflow) => kind === 'catch'

const SECTIONS: readonly Section[] = [
  { id: 'general', word: t('General'), Content: GeneralForm },
  { id: 'schedule', word: t('Schedule'), Content: ScheduleForm, isFor: ({ kind }) => kind === 'pull' },
  { id: 'callers', word: t('Who may call'), Content: CallersPanel, isWhole: true, isFor: isCatch },
  { id: 'request', word: t('Request'), Content: RequestForm, isFor: isCatch },
  { id: 'limits', word: t('Limits'), Content: LimitsForm },
  { id: 'variables', word: t('Environment variables'), Content: VariablesForm },
  { id: 'connections', word: t('Connections'), Content: ConnectionsForm },
  { id: 'network', word: t('Network'), Content: EgressForm },
  { id: 'delivery', word: t('Delivery'), Content: DeliveryForm },
  { id: 'order', word: t('Ordering'), help: 'lane', Content: LaneForm, isFor: isCatch },
  { id: 'gate', word: t('Deploy check'), help: 'gate', Content: GateForm },
  { id: 'personal-data', word: t('Personal data'), Content: PrivacyForm },
  { id: 'decisions', word: t('Decisions about people'), help: 'decision', Content: DecisionsForm },
  { id: 'alerts', word: t('Alerts'), Content: AlertsForm },
  { id: 'retention', word: t('Retention'), Content: KeptRunsForm },
  { id: 'editors', word: t('Editors'), Content: EditorsForm, isFor: (_, isOwner) => isOwner },
  { id: 'state', word: t('State'), Content: StateRows },
]

function StateRows({ workflow }: { workflow: Workflow }) {
  const update = useUpdateWorkflow(workflow.id)
  const setEnabled = (enabled: boolean) => update.mutate({ enabled }, { onError: notifyError })
  return (
    <Stack gap="lg">
      <Row
        title={t('Enabled')}
        text={
          workflow.kind === 'catch'
            ? t('When off, the URL answers 503 and senders retry later.')
            : t('When off, the schedule is paused.')
        }
      >
        <Switch
          aria-label={t('Enabled')}
          checked={workflow.enabled}
          disabled={update.isPending || workflow.archived}
          onChange={(event) => setEnabled(event.currentTarget.checked)}
        />
      </Row>
      {workflow.kind === 'catch' ? <RotateRow workflow={workflow} /> : null}
      <Row title={t('Duplicate this workflow')} text={t('Code and properties without secrets. The copy is disabled.')}>
        <DuplicateButton workflow={workflow} />
      </Row>
      <Row
        title={t('Export')}
        text={t('The newest code, these settings and the properties as a folder, without secrets.')}
      >
        <Button component="a" variant="default" href={`/api/workflows/${workflow.id}/export`} download>
          {t('Export')}
        </Button>
      </Row>
      <ArchiveRow workflow={workflow} />
    </Stack>
  )
}

function RotateRow({ workflow }: { workflow: Workflow }) {
  const rotate = useRotateHookKey(workflow.id)
  const confirm = () =>
    rotate.mutate(undefined, { onSuccess: () => notifyDone(t('New URL created.')), onError: notifyError })
  return (
    <Row title={t('Hook URL')} text={t('Create a new URL if the current one has leaked.')}>
      <ConfirmButton
        variant="default"
        title={t('Create a new hook URL?')}
        action={t('Create new URL')}
        loading={rotate.isPending}
        onConfirm={confirm}
        explanation={t(
          'The current URL then answers 404, and every service that calls it needs the new one. This can’t be undone.',
        )}
      >
        {t('New URL')}
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
        onSuccess: () => notifyDone(archived ? t('Workflow archived.') : t('Workflow restored.')),
        onError: notifyError,
      },
    )
  if (workflow.archived) {
    return (
      <>
        <Row title={t('Archived')} text={t('Nothing runs. Code, properties and runs are kept.')}>
          <Button variant="default" loading={update.isPending} onClick={() => setArchived(false)}>
            {t('Restore')}
          </Button>
        </Row>
        <DeleteRow workflow={workflow} />
      </>
    )
  }
  return (
    <Row title={t('Archive this workflow')} text={t('Stops all runs. You can restore it later.')}>
      <ConfirmButton
        variant="outline"
        color="red"
        title={t('Archive “{name}”?', { name: workflow.name })}
        action={t('Archive')}
        loading={update.isPending}
        onConfirm={() => setArchived(true)}
        explanation={[
          workflow.kind === 'catch'
            ? t('Its URL answers 410 Gone, and many senders then stop sending permanently.')
            : t('Its schedule stops.'),
          t('The workflow disappears from the list. Its code, properties and runs are kept, and you can restore it.'),
        ].join(' ')}
      >
        {t('Archive this workflow')}
      </ConfirmButton>
    </Row>
  )
}

function DeleteRow({ workflow }: { workflow: Workflow }) {
  const remove = useDeleteWorkflow(workflow.id)
  return (
    <Row title={t('Delete this workflow')} text={t('Deletes its code, properties and runs permanently.')}>
      <ConfirmButton
        variant="outline"
        color="red"
        title={t('Delete “{name}”?', { name: visible(workflow.name) })}
        action={t('Delete permanently')}
        confirmWord={workflow.name.trim()}
        loading={remove.isPending}
        onConfirm={() => remove.mutate(undefined, { onError: notifyError })}
        explanation={t(
          'Code, properties, runs with their requests and logs, and the URL are deleted. This can’t be undone.',
        )}
      >
        {t('Delete permanently')}
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
