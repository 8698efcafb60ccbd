import { Anchor, Button, Group, Stack, Text, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { useState } from 'react'
import { Link } from 'react-router'
import { rich } from '../../../lib/i18n/rich.ts'
import { t } from '../../../lib/i18n/t.ts'
import { Empty } from '../../../lib/ui/empty.tsx'
import { HelpLink } from '../../../lib/ui/help/help-link.tsx'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { Panel } from '../../../lib/ui/panel.tsx'
import { RowsSkeleton } from '../../../lib/ui/rows-skeleton.tsx'
import { DeadGroupPanel } from './dead-group-panel.tsx'
import { useDeadGroups } from './dead-letters.ts'
import { type Replayed, ReplayResult } from './replay-result.tsx'

export function DeadLettersPage() {
  useDocumentTitle(t('Dead letters · Workflows'))
  const groups = useDeadGroups()
  const [replayed, setReplayed] = useState<Replayed | null>(null)
  const found = groups.data?.pages.flatMap(({ data }) => data)
  return (
    <Stack gap="md">
      <Group gap={4}>
        <Title order={1}>{t('Dead letters')}</Title>
        <HelpLink about="dead_letter" />
      </Group>
      <Text c="dimmed" maw={720}>
        {rich(
          'Background runs that failed after their last retry, grouped by error. Fix and deploy the function, then replay them: each request runs again on the deployed version. They are kept for 30 days. Other failures are under <link>all failures</link>.',
          {
            link: (words) => (
              <Anchor component={Link} to="/runs?status=failing" inherit underline="always">
                {words}
              </Anchor>
            ),
          },
        )}
      </Text>
      {replayed === null ? null : <ReplayResult replayed={replayed} onClose={() => setReplayed(null)} />}
      {groups.isPending ? <RowsSkeleton /> : null}
      <LoadError of={groups} />
      {found?.length === 0 ? (
        <Panel>
          <Empty title={t('No dead letters')}>
            {t('Scheduled runs and other background runs appear here when their last attempt fails.')}
          </Empty>
        </Panel>
      ) : null}
      {found?.map((group) => (
        <DeadGroupPanel key={group.id} group={group} onReplayed={setReplayed} />
      ))}
      {groups.hasNextPage ? (
        <Group justify="center">
          <Button variant="default" loading={groups.isFetchingNextPage} onClick={() => void groups.fetchNextPage()}>
            {t('Show more')}
          </Button>
        </Group>
      ) : null}
    </Stack>
  )
}
