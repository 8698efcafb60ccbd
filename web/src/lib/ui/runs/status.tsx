import { Box } from '@mantine/core'
import IconAlertTriangle from '@tabler/icons-react/icons/IconAlertTriangle'
import IconArchive from '@tabler/icons-react/icons/IconArchive'
import IconBan from '@tabler/icons-react/icons/IconBan'
import IconCircleCheckFilled from '@tabler/icons-react/icons/IconCircleCheckFilled'
import IconCircleDashed from '@tabler/icons-react/icons/IconCircleDashed'
import IconCircleFilled from '@tabler/icons-react/icons/IconCircleFilled'
import IconCirclePlus from '@tabler/icons-react/icons/IconCirclePlus'
import IconClockPause from '@tabler/icons-react/icons/IconClockPause'
import IconHourglassOff from '@tabler/icons-react/icons/IconHourglassOff'
import IconLoader2 from '@tabler/icons-react/icons/IconLoader2'
import IconPlayerPause from '@tabler/icons-react/icons/IconPlayerPause'
import IconPlugX from '@tabler/icons-react/icons/IconPlugX'
import IconSquareRoundedXFilled from '@tabler/icons-react/icons/IconSquareRoundedXFilled'
import type { ComponentType } from 'react'
import { t } from '../../i18n/t.ts'
import type { Workflow } from '../../requests/get-workflow.ts'
import { overwrites, type RunStatus, type RunSummary, reportsFailure } from '../../requests/runs/run.ts'
import classes from './status.module.css'

type Look = {
  icon: ComponentType<{ size?: number; className?: string; 'aria-hidden'?: boolean }>
  tone: Tone
  word: string
}
type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'idle'

const RUN_LOOKS: Record<RunStatus, Look> = {
  succeeded: { icon: IconCircleCheckFilled, tone: 'good', word: t('Succeeded') },
  failed: { icon: IconSquareRoundedXFilled, tone: 'bad', word: t('Failed') },
  timed_out: { icon: IconHourglassOff, tone: 'bad', word: t('Timed out') },
  lost: { icon: IconPlugX, tone: 'bad', word: t('Lost') },
  cancelled: { icon: IconBan, tone: 'idle', word: t('Cancelled') },
  running: { icon: IconLoader2, tone: 'busy', word: t('Running') },
  waiting: { icon: IconClockPause, tone: 'idle', word: t('Waiting') },
  queued: { icon: IconCircleDashed, tone: 'idle', word: t('Queued') },
}
const OVERWROTE: Look = { icon: IconAlertTriangle, tone: 'warn', word: t('Overwrote a change') }
const REPORTED: Look = { icon: IconAlertTriangle, tone: 'bad', word: t('Reported failure') }

export const statusWord = (status: RunStatus): string => RUN_LOOKS[status].word

export function RunStatusLabel({ run }: { run: Pick<RunSummary, 'status' | 'warnings'> }) {
  return <Label look={lookOfRun(run)} />
}

/** The caller must show the word. */
export function RunStatusIcon({ run, size = 14 }: { run: Pick<RunSummary, 'status' | 'warnings'>; size?: number }) {
  const { icon: Icon, tone } = lookOfRun(run)
  return (
    <Icon
      size={size}
      className={`${classes.icon} ${classes[tone]} ${tone === 'busy' ? classes.turning : ''}`}
      aria-hidden
    />
  )
}

export function WorkflowStateLabel({
  workflow,
}: {
  workflow: Pick<Workflow, 'enabled' | 'archived' | 'deployed_version'>
}) {
  return <Label look={lookOfWorkflow(workflow)} />
}

function Label({ look: { icon: Icon, tone, word } }: { look: Look }) {
  return (
    <Box component="span" className={classes.label}>
      <Icon
        size={15}
        className={`${classes.icon} ${classes[tone]} ${tone === 'busy' ? classes.turning : ''}`}
        aria-hidden
      />
      <span className={tone === 'bad' ? classes.bad : undefined}>{word}</span>
    </Box>
  )
}

function lookOfRun(run: Pick<RunSummary, 'status' | 'warnings'>): Look {
  return reportsFailure(run) ? REPORTED : overwrites(run) ? OVERWROTE : RUN_LOOKS[run.status]
}

function lookOfWorkflow(workflow: Pick<Workflow, 'enabled' | 'archived' | 'deployed_version'>): Look {
  if (workflow.archived) return { icon: IconArchive, tone: 'idle', word: t('Archived') }
  if (!workflow.enabled) return { icon: IconPlayerPause, tone: 'idle', word: t('Disabled') }
  if (workflow.deployed_version === null) return { icon: IconCirclePlus, tone: 'warn', word: t('Not deployed') }
  return { icon: IconCircleFilled, tone: 'good', word: t('Enabled') }
}
