import { Anchor, Button, List, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { Link, Navigate, useParams } from 'react-router'
import { t } from '../../lib/i18n/t.ts'
import { useMay } from '../../lib/requests/get-me.ts'
import { useWorkflow } from '../../lib/requests/get-workflow.ts'
import { visible } from '../../lib/text.ts'
import { EditorsOnly } from '../../lib/ui/controls/editors-only.tsx'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RelativeTime } from '../../lib/ui/relative-time.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { JsonValues } from '../../lib/ui/text/json-values.tsx'
import { deciderOf } from './decider.ts'
import { bundleUrl, type Decision, useDecision } from './decisions.ts'
import { ExplanationPanel } from './explanation-panel.tsx'

/** Its readers do not program. */
export function DecisionPage() {
  const { decisionId = '' } = useParams()
  useDocumentTitle(t('Decision · Workflows'))
  const decision = useDecision(decisionId)
  const waiting = decision.data?.outcome === null ? decision.data.oversight : null
  if (waiting != null) return <Navigate to={`/tasks/${waiting.task_id}`} replace />
  return (
    <Stack gap="md" maw={820}>
      <Anchor component={Link} to="/decisions">
        {t('All decisions')}
      </Anchor>
      {decision.isPending ? <RowsSkeleton /> : null}
      <LoadError of={decision} />
      {decision.data === undefined ? null : <DecisionView decision={decision.data} />}
    </Stack>
  )
}

function DecisionView({ decision }: { decision: Decision }) {
  const { outcome, subject, erased_at, reasons, oversight } = decision
  const workflow = useWorkflow(decision.workflow_id)
  return (
    <>
      <Title order={1} className="wrap">
        {visible(subject === null ? (outcome ?? '') : t('{subject}: {outcome}', { subject, outcome: outcome ?? '' }))}
      </Title>
      {erased_at === null ? null : (
        <Text c="dimmed">{t('What it rested on was erased. The record stays in the chain.')}</Text>
      )}
      <Panel title={t('Why')}>
        <Stack gap="sm">
          {reasons === null ? null : (
            <List>
              {reasons.map((reason) => (
                <List.Item key={reason} className="wrap">
                  {visible(reason)}
                </List.Item>
              ))}
            </List>
          )}
          {oversight === null ? null : (
            <Text className="wrap">
              {t(
                'Proposed: {proposed}. {name} chose {choice} after {seconds, plural, one {# second} other {# seconds}}.',
                {
                  proposed: visible(decision.proposed),
                  name: visible(deciderOf(decision)),
                  choice: visible(oversight.choice ?? ''),
                  seconds: Math.round(oversight.seconds_open),
                },
              )}{' '}
              {oversight.reason === null ? '' : visible(oversight.reason)}
            </Text>
          )}
        </Stack>
      </Panel>
      <Facts decision={decision} />
      {erased_at === null ? <Bundle id={decision.id} /> : null}
      <EditorsOnly workflow={workflow.data}>
        {erased_at === null ? <ExplanationPanel decision={decision} /> : null}
      </EditorsOnly>
    </>
  )
}

function Bundle({ id }: { id: string }) {
  if (!useMay('admin')) return null
  return (
    <Panel title={t('Decide it again')}>
      <Stack gap="sm" align="flex-start">
        <Text>
          {t(
            'The bundle has the code, the data and the recorded calls, signed and without secrets. Another machine can check it and run the function again.',
          )}
        </Text>
        <Button component="a" variant="default" href={bundleUrl(id)} download>
          {t('Download the bundle')}
        </Button>
      </Stack>
    </Panel>
  )
}

function Facts({ decision }: { decision: Decision }) {
  const { workflow_id, workflow_name, run_id, version, number, at, inputs, model, score } = decision
  const { source_sha256, lock_sha256, sha256, previous_sha256 } = decision
  return (
    <Panel title={t('On what, and by what')}>
      <dl style={{ margin: 0 }}>
        <Fact name={t('Decided by')}>{visible(deciderOf(decision))}</Fact>
        <Fact name={t('When')}>
          <RelativeTime at={at} />
        </Fact>
        <Fact name={t('Data')}>{inputs === null ? '–' : <JsonValues json={JSON.stringify(inputs)} isPart />}</Fact>
        {model === null ? null : (
          <Fact name={t('Model')}>
            {visible([model.provider, model.name, model.version].filter(Boolean).join(' '))}
          </Fact>
        )}
        {score === null ? null : <Fact name={t('Score')}>{score}</Fact>}
        <Fact name={t('Workflow')}>
          <Anchor component={Link} to={`/workflows/${workflow_id}`} underline="always">
            {visible(workflow_name)}
          </Anchor>
          {version === null ? '' : ` · ${t('version {version}', { version })}`}
        </Fact>
        <Fact name={t('Its run')}>
          <Anchor component={Link} to={`/runs/${run_id}`}>
            {run_id}
          </Anchor>
        </Fact>
        <Fact name={t('Number in the chain')}>{number}</Fact>
        <Fact name={t('Hash of the code')}>{source_sha256}</Fact>
        {lock_sha256 === null ? null : <Fact name={t('Hash of its packages')}>{lock_sha256}</Fact>}
        <Fact name={t('Hash of the record')}>{sha256}</Fact>
        <Fact name={t('Hash of the record before')}>{previous_sha256}</Fact>
      </dl>
    </Panel>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div style={{ marginBottom: 6 }}>
      <Text component="dt" size="sm" c="dimmed">
        {name}
      </Text>
      <Text component="dd" m={0} className="wrap" style={{ whiteSpace: 'pre-wrap' }}>
        {children}
      </Text>
    </div>
  )
}
