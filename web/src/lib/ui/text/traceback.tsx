import { visible } from '../../text.ts'
import { CopyIcon } from '../controls/copy-button.tsx'
import { Scrollable } from '../scrollable.tsx'
import { LineLink, type LineTarget } from './line-link.tsx'
import classes from './text-block.module.css'

/** A Python traceback whose lines of the function link to the code that ran. */
export function Traceback({ text, target }: { text: string; target: LineTarget }) {
  return (
    <div className={classes.frame}>
      <Scrollable className={classes.block} label="Traceback">
        {text
          .trimEnd()
          .split('\n')
          .map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: lines may repeat, and never change
            <TracebackLine key={index} line={line} target={target} />
          ))}
      </Scrollable>
      <div className={classes.copy}>
        <CopyIcon value={text} what="traceback" />
      </div>
    </div>
  )
}

function TracebackLine({ line, target }: { line: string; target: LineTarget }) {
  const [, before, place, number, after] = /^(\s*)(File "[^"]*workflow\.py", line (\d+))(.*)$/.exec(line) ?? []
  if (place === undefined) return <div>{visible(line) || '\u00a0'}</div>
  return (
    <div>
      {before}
      <LineLink target={target} line={Number(number)}>
        {visible(place)}
      </LineLink>
      {visible(after ?? '')}
    </div>
  )
}
