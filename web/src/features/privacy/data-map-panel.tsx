import { Anchor, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { type Answer, api, type Schemas } from '../../lib/client/api.ts'
import { queryKeys } from '../../lib/client/query-keys.ts'
import { t } from '../../lib/i18n/t.ts'
import { visible } from '../../lib/text.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { RowsSkeleton } from '../../lib/ui/rows-skeleton.tsx'
import { StackedTable } from '../../lib/ui/stacked-table.tsx'
import { DETECTORS } from './rule-row.tsx'

type Workflow = Schemas['Workflow']

const PLACE_WORDS: Readonly<Record<string, string>> = {
  request: t('requests'),
  answer: t('responses'),
  logs: t('logs'),
}

const STORED: readonly { what: string; how: string; long: string; rules: string }[] = [
  {
    what: t('Requests: headers, query, body'),
    how: t('with the run'),
    long: t('as long as the run, or the rule says'),
    rules: t('request'),
  },
  {
    what: t('Responses and results'),
    how: t('with the run'),
    long: t('as long as the run, or the rule says'),
    rules: t('response'),
  },
  { what: t('Logs'), how: t('with the run'), long: t('as long as the run, or the rule says'), rules: t('logs') },
  {
    what: t('Error messages, labels, warnings'),
    how: t('with the run'),
    long: t('as long as the run'),
    rules: t('rules for all three places'),
  },
  {
    what: t('Recorded outgoing calls'),
    how: t('encrypted'),
    long: t('as long as request and response'),
    rules: t('all rules'),
  },
  {
    what: t('Differences that trials found'),
    how: t('encrypted'),
    long: t('as long as both runs; 100 trials a workflow'),
    rules: t('as stored'),
  },
  {
    what: t('Texts of the search index'),
    how: t('with the run'),
    long: t('as long as what they were made from'),
    rules: t('as stored'),
  },
  {
    what: t('Calls in the queue'),
    how: t('encrypted where rules apply'),
    long: t('until the run has ended'),
    rules: t('afterwards'),
  },
  {
    what: t('Properties and their history'),
    how: t('encrypted'),
    long: t('as long as the workflow'),
    rules: t('none'),
  },
  {
    what: t('Hashes that find a person'),
    how: t('keyed hashes'),
    long: t('as long as the run'),
    rules: t('none: no values'),
  },
  {
    what: t('Idempotency keys and lanes'),
    how: t('digests'),
    long: t('24 hours; as long as the run'),
    rules: t('none: no values'),
  },
  {
    what: t('Sample requests'),
    how: t('as a person chose them'),
    long: t('until they are replaced'),
    rules: t('none'),
  },
  {
    what: t('Unsaved code: drafts, trials, test runs'),
    how: t('as a person typed it'),
    long: t('20 texts of a draft; as long as the trial or the run'),
    rules: t('none'),
  },
  { what: t('Messages of alerts'), how: t('redacted error messages'), long: t('30 days'), rules: t('as stored') },
]

export function DataMapPanel() {
  const workflows = useQuery({
    queryKey: queryKeys.workflowList({ map: true }),
    queryFn: ({ signal }) => listAll(signal),
  })
  return (
    <Stack gap="md">
      <Panel title={t('What is stored')} flush>
        <StackedTable
          aria-label={t('What is stored')}
          minWidth={760}
          heads={[t('Stored data'), t('How'), t('Retention'), t('Rules that apply')]}
        >
          {STORED.map(({ what, how, long, rules }) => (
            <Table.Tr key={what}>
              <Table.Td>{what}</Table.Td>
              <Table.Td data-head={t('How')}>{how}</Table.Td>
              <Table.Td data-head={t('Retention')}>{long}</Table.Td>
              <Table.Td data-head={t('Rules that apply')}>{rules}</Table.Td>
            </Table.Tr>
          ))}
        </StackedTable>
      </Panel>
      <Text size="sm" c="dimmed">
        {t(
          'Backups hold what the database held when they were made: rules and erasing do not reach them, so keep them no longer than you need.',
        )}
      </Text>
      <Panel title={t('Rules of the workflows')} flush>
        {workflows.error !== null ? (
          <LoadError of={workflows} />
        ) : workflows.data === undefined ? (
          <RowsSkeleton />
        ) : workflows.data.length === 0 ? (
          <Text p="md" c="dimmed" size="sm">
            {t('No workflows yet. Each one gets its rules under Settings, Personal data.')}
          </Text>
        ) : (
          <WorkflowRules workflows={workflows.data} />
        )}
      </Panel>
    </Stack>
  )
}

async function listAll(signal: AbortSignal): Promise<readonly Workflow[]> {
  const all: Workflow[] = []
  let cursor: string | null = null
  do {
    const query: { limit: number; sort: 'name'; cursor?: string } = {
      limit: 200,
      sort: 'name',
      ...(cursor === null ? {} : { cursor }),
    }
    const page: Answer<'get', '/api/workflows'> = await api.get('/api/workflows', { query, signal })
    all.push(...page.data)
    cursor = page.next_cursor
  } while (cursor !== null)
  return all
}

const hasRules = ({ privacy, retention_days: days, record_outbound: isRecorded }: Workflow): boolean =>
  privacy !== null || days !== null || isRecorded

function WorkflowRules({ workflows }: { workflows: readonly Workflow[] }) {
  const ruled = workflows.filter(hasRules)
  const others = workflows.length - ruled.length
  return (
    <>
      {others === 0 ? null : (
        <Text px="md" py="sm" size="sm">
          {t(
            '{count, plural, one {# workflow has} other {# workflows have}} no rules: nothing is redacted, full-text search finds a person, retention is the default, and outgoing calls are not recorded.',
            { count: others },
          )}
        </Text>
      )}
      {ruled.length === 0 ? null : <RulesTable workflows={ruled} />}
    </>
  )
}

function RulesTable({ workflows }: { workflows: readonly Workflow[] }) {
  return (
    <StackedTable
      aria-label={t('Rules of the workflows')}
      minWidth={760}
      heads={[t('Workflow'), t('Redacted'), t('Identified by'), t('Retention'), t('Outgoing calls')]}
    >
      {workflows.map((workflow) => (
        <Table.Tr key={workflow.id}>
          <Table.Td>
            <Anchor component={Link} size="sm" to={`/workflows/${workflow.id}/settings#personal-data`}>
              {visible(workflow.name)}
            </Anchor>
          </Table.Td>
          <Table.Td data-head={t('Redacted')}>{rulesOf(workflow)}</Table.Td>
          <Table.Td data-head={t('Identified by')}>
            {workflow.privacy?.identify.join(', ') || t('full-text search')}
          </Table.Td>
          <Table.Td data-head={t('Retention')}>{keptOf(workflow)}</Table.Td>
          <Table.Td data-head={t('Outgoing calls')}>
            {workflow.record_outbound ? t('recorded') : t('not recorded')}
          </Table.Td>
        </Table.Tr>
      ))}
    </StackedTable>
  )
}

function rulesOf({ privacy }: Workflow): string {
  if (privacy === null || privacy.redact.length === 0) return '–'
  return privacy.redact
    .map(({ path, detector }) => {
      const what = DETECTORS.find(({ value }) => value === detector)?.label
      if (what === undefined) return path
      return path === undefined ? what : t('{what} at {path}', { what, path })
    })
    .join(', ')
}

function keptOf({ retention_days: days, privacy }: Workflow): string {
  const run = days === null ? t('default retention') : t('runs {days, plural, one {# day} other {# days}}', { days })
  const parts = Object.entries(privacy?.keep_days ?? {}).flatMap(([part, kept]) =>
    kept === null
      ? []
      : [t('{part} {days, plural, one {# day} other {# days}}', { part: PLACE_WORDS[part] ?? part, days: kept })],
  )
  return [run, ...parts].join(', ')
}
