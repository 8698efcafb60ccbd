import { Anchor } from '@mantine/core'
import { Link } from 'react-router'
import { t } from '../../i18n/t.ts'

export function WaitingRuns({ count, to }: { count: number; to: string }) {
  if (count === 0) return null
  return (
    <Anchor component={Link} to={to} size="sm">
      {t('{count, plural, one {# run waits} other {# runs wait}}', { count })}
    </Anchor>
  )
}
