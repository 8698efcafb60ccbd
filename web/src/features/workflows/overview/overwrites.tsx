import { Alert, Anchor } from '@mantine/core'
import IconAlertTriangle from '@tabler/icons-react/icons/IconAlertTriangle'
import { Link } from 'react-router'
import { rich } from '../../../lib/i18n/rich.ts'
import { t } from '../../../lib/i18n/t.ts'
import { useSettings } from '../../../lib/requests/get-settings.ts'
import { visible } from '../../../lib/text.ts'
import { RelativeTime } from '../../../lib/ui/relative-time.tsx'

const WEEK_MS = 7 * 86_400_000

export function Overwrites({ workflowId }: { workflowId: string }) {
  const settings = useSettings(workflowId).data?.pages.flatMap((page) => page.data) ?? []
  return settings.map(({ key, overwrites }) =>
    overwrites === null || Date.parse(overwrites.last_at) < Date.now() - WEEK_MS ? null : (
      <Alert
        key={key}
        color="yellow"
        variant="light"
        icon={<IconAlertTriangle aria-hidden />}
        title={t('Runs overwrote changes of {key}: {count}', { key: visible(key), count: overwrites.count })}
      >
        {rich(
          'The last one was <run>{time}</run>. Use settings.increment, add or put_in, change different keys of an object, or set the concurrency to 1.',
          {
            time: <RelativeTime at={overwrites.last_at} />,
            run: (words) => (
              <Anchor component={Link} to={`/runs/${overwrites.last_run_id}`} inherit underline="always">
                {words}
              </Anchor>
            ),
          },
        )}
      </Alert>
    ),
  )
}
