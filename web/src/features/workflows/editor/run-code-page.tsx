import { Anchor, Button, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { Suspense } from 'react'
import { Link, useParams, useSearchParams } from 'react-router'
import { ApiError } from '../../../lib/client/api.ts'
import { t } from '../../../lib/i18n/t.ts'
import { languageOfCode, sourceName } from '../../../lib/kinds.ts'
import { lazyPart } from '../../../lib/lazy-part.ts'
import { useVersion } from '../../../lib/requests/get-version.ts'
import { useWorkflow } from '../../../lib/requests/get-workflow.ts'
import { useRun } from '../../../lib/requests/runs/get-run.ts'
import type { Run } from '../../../lib/requests/runs/run.ts'
import { visible } from '../../../lib/text.ts'
import { Empty } from '../../../lib/ui/empty.tsx'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { Panel } from '../../../lib/ui/panel.tsx'
import { RowsSkeleton } from '../../../lib/ui/rows-skeleton.tsx'
import { NoSuchRun } from '../../../lib/ui/runs/no-such-run.tsx'
import { useNewestVersion } from './versions/get-versions.ts'

const CodeReader = lazyPart(async () => (await import('./code/code-reader.tsx')).CodeReader)

export function RunCodePage() {
  const { runId = '' } = useParams()
  const [parameters] = useSearchParams()
  const line = Number(parameters.get('line') ?? 0)
  const run = useRun(runId)
  useDocumentTitle(t('Code of this run · Workflows'))
  if (run.error instanceof ApiError && run.error.status === 404) return <NoSuchRun />
  if (run.data === undefined) {
    if (run.error !== null) return <LoadError of={run} />
    return <RowsSkeleton />
  }
  return <CodeOf run={run.data} line={Number.isInteger(line) && line > 0 ? line : null} />
}

function CodeOf({ run, line }: { run: Run; line: number | null }) {
  const workflow = useWorkflow(run.workflow_id)
  const version = useVersion(run.workflow_id, run.version)
  const source = run.version === null ? run.source : version.data?.source
  const name = sourceName(languageOfCode(source ?? ''))
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Stack gap={4} miw={0}>
          <Title order={1} className="wrap">
            <Anchor component={Link} to={`/workflows/${run.workflow_id}`} inherit c="dimmed" underline="never" fw={400}>
              {visible(workflow.data?.name ?? '…')} /{' '}
            </Anchor>
            {t('Code of this run')}
          </Title>
          {source == null ? null : <Origin run={run} source={source} />}
        </Stack>
        <Group gap="xs">
          <Button component={Link} to={`/runs/${run.id}`} variant="default">
            {t('Back to run')}
          </Button>
          {source == null ? null : <ToEditor run={run} source={source} line={line} />}
        </Group>
      </Group>
      <LoadError of={version} />
      {source === null ? <Empty title={t('Code not available')}>{t('It was a test of unsaved code.')}</Empty> : null}
      {source == null ? null : (
        <Panel title={`${name}${run.version === null ? '' : ` · v${run.version}`} · ${t('read only')}`} flush>
          <Suspense fallback={<Skeleton height={300} radius={0} />}>
            <CodeReader label={name} source={source} line={line} />
          </Suspense>
        </Panel>
      )}
    </Stack>
  )
}

type Ran = { run: Run; source: string }

function Origin({ run, source }: Ran) {
  const newest = useNewestVersion(run.workflow_id).data
  const ran =
    run.version === null
      ? t('This code was tried without being saved.')
      : t('Version {version} ran.', { version: run.version })
  return (
    <Text size="sm" c="dimmed">
      {ran} {newest == null ? null : newestWords(newest, { run, source })}
    </Text>
  )
}

function newestWords(newest: { number: number; source: string }, { run, source }: Ran): string {
  if (newest.number === run.version) return t('It is the newest.')
  const { number } = newest
  return newest.source === source
    ? t('Version {number} is the newest and says the same.', { number })
    : t('Version {number} is the newest.', { number })
}

/** Links the line only in unchanged text. */
function ToEditor({ run, source, line }: Ran & { line: number | null }) {
  const newest = useNewestVersion(run.workflow_id)
  const isSame = newest.data?.source === source
  const at = isSame && line !== null ? `?line=${line}` : ''
  return (
    <Button component={Link} to={`/workflows/${run.workflow_id}/function${at}`} loading={newest.isPending}>
      {isSame ? t('Edit this code') : t('Open the latest code')}
    </Button>
  )
}
