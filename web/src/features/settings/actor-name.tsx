import { Anchor } from '@mantine/core'
import { Link } from 'react-router'
import type { Actor } from '../../lib/requests/get-settings.ts'
import { visible } from '../../lib/text.ts'

/** Who changed something: a person, a key, or a run, which can be opened. */
export function ActorName({ actor }: { actor: Actor | null }) {
  if (actor === null) return <>—</>
  if (actor.type === 'run')
    return (
      <Anchor component={Link} to={`/runs/${actor.id}`} inherit>
        a run
      </Anchor>
    )
  return (
    <>
      {visible(actor.name)}
      {actor.type === 'api_key' ? ' (API key)' : ''}
    </>
  )
}
