import { Button } from '@mantine/core'
import { Link } from 'react-router'
import { t } from '../../i18n/t.ts'
import { Empty } from '../empty.tsx'

export function NoSuchRun() {
  return (
    <Empty title={t('Run not found')} order={1}>
      {t('It was deleted by the retention policy, or it belongs to another installation.')}
      <div>
        <Button component={Link} to="/runs" variant="default" mt="md">
          {t('Go to Runs')}
        </Button>
      </div>
    </Empty>
  )
}
