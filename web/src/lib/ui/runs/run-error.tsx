import { Alert, Anchor, Text } from '@mantine/core'
import IconAlertCircle from '@tabler/icons-react/icons/IconAlertCircle'
import { Link } from 'react-router'
import { t } from '../../i18n/t.ts'
import { serverWords } from '../../notices/server-words.ts'
import type { Run } from '../../requests/runs/run.ts'
import { visible } from '../../text.ts'
import { LineLink } from '../text/line-link.tsx'
import { Traceback } from '../text/traceback.tsx'
import classes from './run-error.module.css'

const TITLES: Readonly<Record<string, string>> = {
  exception: t('The function raised an exception'),
  load_error: t('The code could not be loaded'),
  connection_unavailable: t('A connection cannot be used'),
  timeout: t('Timed out'),
  crashed: t('Process crashed'),
  out_of_memory: t('Out of memory'),
  invalid_response: t('Invalid response'),
  invalid_settings: t('Settings could not be saved'),
  cancelled: t('Run cancelled'),
  lost: t('Lost: the server stopped during this run'),
}

type Props = {
  run: Run
  /** Jumps in the editor, instead of a link. */
  onLine?: (line: number) => void
}

export function RunErrorPanel({ run, onLine }: Props) {
  if (run.code === null) return null
  const line = lineOf(run)
  const target = { page: pageOf(run), show: onLine }
  return (
    <Alert
      color={run.code === 'cancelled' ? 'gray' : 'red'}
      variant="light"
      icon={<IconAlertCircle aria-hidden />}
      title={TITLES[run.code] ?? run.code}
      role="alert"
    >
      <Text className={`wrap mono ${classes.message}`}>{visible(shorten(run))}</Text>
      {line === null ? null : (
        <Text size="sm" mt={4}>
          <LineLink target={target} line={line}>
            {t('Line {line}', { line })}
          </LineLink>{' '}
          {t('of the function')}
        </Text>
      )}
      {/No module named/.test(run.message ?? '') ? (
        <Text size="sm" mt={4}>
          <Anchor component={Link} to={`/workflows/${run.workflow_id}/function#packages`} inherit>
            {t('Packages of this workflow')}
          </Anchor>
        </Text>
      ) : null}
      {run.traceback === null || run.traceback === '' ? null : (
        <div className={classes.traceback}>
          <Traceback text={run.traceback} target={target} />
        </div>
      )}
    </Alert>
  )
}

/** Null if the code is unknown. */
function pageOf({ id, version, source }: Run): string | null {
  return version === null && source === null ? null : `/runs/${id}/code`
}

const CUT = 500

function shorten({ message, traceback }: Pick<Run, 'message' | 'traceback'>): string {
  const text = serverWords(message ?? '')
  return traceback === null || text.length <= CUT ? text : `${text.slice(0, CUT)}…`
}

export function lineOf(run: Pick<Run, 'code' | 'message' | 'traceback'>): number | null {
  // JavaScript's innermost frame is the first.
  const script = /\bworkflow\.ts:(\d+)/.exec(run.traceback ?? '')?.[1]
  if (script !== undefined) return Number(script)
  const frames = [...(run.traceback ?? '').matchAll(/File "([^"]*)", line (\d+)/g)]
  const own = frames.findLast(([, file]) => file !== undefined && /workflow\.(py|ts)$/.test(file)) ?? frames.at(-1)
  const said = run.code === 'load_error' ? /\bline (\d+)/.exec(run.message ?? '')?.[1] : undefined
  const line = own?.[2] ?? said
  return line === undefined ? null : Number(line)
}
