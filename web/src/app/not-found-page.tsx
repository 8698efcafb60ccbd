import { Button } from '@mantine/core'
import { Link } from 'react-router'
import { t } from '../lib/i18n/t.ts'
import { Empty } from '../lib/ui/empty.tsx'

export function NotFoundPage() {
  return (
    <Empty title={t('Page not found')} order={1}>
      <Button component={Link} to="/workflows" variant="default" mt="md">
        {t('Go to Workflows')}
      </Button>
    </Empty>
  )
}
