import { Anchor } from '@mantine/core'
import { Link } from 'react-router'
import { visible } from '../text.ts'
import { CopyIcon } from './copy-button.tsx'
import { Scrollable } from './scrollable.tsx'
import classes from './text-block.module.css'

/** Where Python was when it failed; lines of the function lead to the editor. */
export function Traceback({ text, workflowId }: { text: string; workflowId: string }) {
  return (
    <div className={classes.frame}>
      <Scrollable className={classes.block} label="Traceback">
        {text.split('\n').map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines may repeat, and never change
          <TracebackLine key={index} line={line} workflowId={workflowId} />
        ))}
      </Scrollable>
      <div className={classes.copy}>
        <CopyIcon value={text} what="traceback" />
      </div>
    </div>
  )
}

function TracebackLine({ line, workflowId }: { line: string; workflowId: string }) {
  const [, before, place, number, after] = /^(\s*)(File "[^"]*workflow\.py", line (\d+))(.*)$/.exec(line) ?? []
  if (place === undefined) return <div>{visible(line) || '\u00a0'}</div>
  return (
    <div>
      {before}
      <Anchor component={Link} to={`/workflows/${workflowId}/function?line=${number}`} inherit underline="always">
        {visible(place)}
      </Anchor>
      {visible(after ?? '')}
    </div>
  )
}
