import { exactTime, useRelativeTime } from '../time.ts'

/** "2 min ago", with the exact time on hover. */
export function RelativeTime({ at }: { at: string }) {
  const words = useRelativeTime(at)
  return (
    <time dateTime={at} title={exactTime(at)} style={{ whiteSpace: 'nowrap' }}>
      {words}
    </time>
  )
}
