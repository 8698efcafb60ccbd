import { Anchor } from '@mantine/core'
import { Link } from 'react-router'
import { t } from '../../../lib/i18n/t.ts'
import type { Actor } from '../../../lib/requests/get-settings.ts'
import { visible } from '../../../lib/text.ts'

export function ActorName({ actor }: { actor: Actor | null }) {
  if (actor === null) return <>—</>
  if (actor.type === 'run')
    return (
      <Anchor component={Link} to={`/runs/${actor.id}`} inherit>
        {t('a run')}
      </Anchor>
    )
  return (
    <>
      {visible(actor.name)}
      {actor.type === 'api_key' ? t(' (API key)') : ''}
    </>
  )
}
