import { exactTime, useRelativeTime } from '../time.ts'

export function RelativeTime({ at, zone }: { at: string; zone?: string }) {
  const words = useRelativeTime(at, zone)
  return (
    <time dateTime={at} title={exactTime(at)} style={{ whiteSpace: 'nowrap' }}>
      {words}
    </time>
  )
}
