import { exactTime, relativeTime, useNow } from '../time.ts'

/** "2 min ago", with the exact time on hover. */
export function RelativeTime({ at }: { at: string }) {
  const now = useNow()
  return (
    <time dateTime={at} title={exactTime(at)} style={{ whiteSpace: 'nowrap' }}>
      {relativeTime(at, now)}
    </time>
  )
}
