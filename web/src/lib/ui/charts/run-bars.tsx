import { LOCALE } from '../../i18n/language.ts'
import { t } from '../../i18n/t.ts'
import type { Stats, StatsBucket, TimeSpan } from '../../requests/get-stats.ts'
import { bucketTime, spanOf } from './buckets.ts'
import classes from './run-bars.module.css'

type Props = { stats: Stats; onChoose?: (span: TimeSpan) => void }

/** The chart library is half as large as the app, and the first page shows these bars. */
export function RunBars({ stats, onChoose }: Props) {
  const max = Math.max(1, ...stats.data.map(({ total }) => total))
  const isToNow = Date.now() - Date.parse(stats.until) < 2 * stats.bucket_seconds * 1000
  const marks = [0, 0.25, 0.5, 0.75].map((share) => stats.data[Math.floor(share * stats.data.length)])
  return (
    <div className={classes.chart}>
      <div className={classes.most} aria-hidden>
        {max.toLocaleString(LOCALE)}
      </div>
      <div className={classes.bars}>
        {stats.data.map((bucket) => (
          <Bar key={bucket.starts_at} bucket={bucket} max={max} stats={stats} onChoose={onChoose} />
        ))}
      </div>
      <div className={classes.times} aria-hidden>
        {marks.map((bucket, index) => (
          <span key={bucket?.starts_at ?? index}>{bucket === undefined ? '' : bucketTime(bucket, stats)}</span>
        ))}
        {isToNow ? <span className={classes.now}>{t('now')}</span> : null}
      </div>
    </div>
  )
}

function Bar({ bucket, max, stats, onChoose }: Props & { bucket: StatsBucket; max: number }) {
  const { total, failed } = bucket
  const words = `${bucketTime(bucket, stats)}: ${bucket.capped ? t('more than ') : ''}${t('{total, plural, one {# run} other {# runs}}', { total })}${
    failed === 0 ? '' : t(', {failed} failed', { failed: failed.toLocaleString(LOCALE) })
  }`
  const parts = (
    <>
      <span className={classes.failed} style={{ height: `${(100 * failed) / max}%` }} />
      <span className={classes.well} style={{ height: `${(100 * (total - failed)) / max}%` }} />
    </>
  )
  if (onChoose === undefined || total === 0) {
    return (
      <span className={classes.bar} title={words}>
        {parts}
      </span>
    )
  }
  // The keyboard would stop at fifty bars. The time filter does the same.
  return (
    <button
      type="button"
      tabIndex={-1}
      className={classes.bar}
      title={words}
      aria-label={words}
      onClick={() => onChoose(spanOf(bucket, stats))}
    >
      {parts}
    </button>
  )
}
