import { type CSSProperties, type KeyboardEvent, type PointerEvent, type ReactNode, useRef } from 'react'
import { t } from '../../../lib/i18n/t.ts'
import { useBrowserState } from '../../../lib/use-stored-state.ts'
import classes from './workbench.module.css'

const PRESET = 60
const [LEAST, MOST] = [30, 80]
const STEP = 2

export function Splitter({ children }: { children: ReactNode }) {
  const [kept, keep] = useBrowserState('editor-width', isShare)
  const bench = useRef<HTMLDivElement>(null)
  const share = kept ?? PRESET
  const set = (next: number) => keep(Math.min(MOST, Math.max(LEAST, Math.round(next))))
  const drag = (event: PointerEvent<HTMLHRElement>) => {
    const box = bench.current?.getBoundingClientRect()
    if (box === undefined || !event.currentTarget.hasPointerCapture(event.pointerId)) return
    set(((event.clientX - box.left) / box.width) * 100)
  }
  const press = (event: KeyboardEvent) => {
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: share - STEP,
      ArrowRight: share + STEP,
      Home: LEAST,
      End: MOST,
    }
    const next = moves[event.key]
    if (next === undefined) return
    event.preventDefault()
    set(next)
  }
  const style: CSSProperties & Record<'--share', string> = { '--share': `${share}%` }
  return (
    <div ref={bench} className={classes.bench} data-wide style={style}>
      {children}
      <hr
        className={classes.border}
        tabIndex={0}
        aria-orientation="vertical"
        aria-label={t('Width of the editor')}
        aria-valuenow={share}
        aria-valuemin={LEAST}
        aria-valuemax={MOST}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={drag}
        onDoubleClick={() => keep(null)}
        onKeyDown={press}
      />
    </div>
  )
}

const isShare = (value: unknown): value is number => typeof value === 'number' && value >= LEAST && value <= MOST
