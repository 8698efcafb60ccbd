import IconClockHour4 from '@tabler/icons-react/icons/IconClockHour4'
import IconWebhook from '@tabler/icons-react/icons/IconWebhook'
import type { Kind } from '../requests/get-workflow.ts'

export const kindWord = (kind: Kind): string => (kind === 'catch' ? 'Catch' : 'Pull')

export function KindLabel({ kind }: { kind: Kind }) {
  const Icon = kind === 'catch' ? IconWebhook : IconClockHour4
  return (
    <span style={{ display: 'inline-flex', verticalAlign: 'top', alignItems: 'center', gap: 5, whiteSpace: 'nowrap' }}>
      <Icon size={15} aria-hidden /> {kindWord(kind)}
    </span>
  )
}
