import { Anchor, Group, Stack, Title } from '@mantine/core'
import { useDocumentTitle } from '@mantine/hooks'
import { Link } from 'react-router'
import { t } from '../../../lib/i18n/t.ts'
import { RunsView } from './runs-view.tsx'

export function AllRunsPage() {
  useDocumentTitle(t('Runs · Workflows'))
  return (
    <Stack gap="md">
      <Group justify="space-between">
        <Title order={1}>{t('Runs')}</Title>
        <Anchor component={Link} to="/dead-letters" size="sm">
          {t('Dead letters')}
        </Anchor>
      </Group>
      <RunsView workflowId={null} />
    </Stack>
  )
}
