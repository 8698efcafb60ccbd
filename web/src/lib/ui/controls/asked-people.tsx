import { Alert, Anchor, Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { Link } from 'react-router'
import { rich } from '../../i18n/rich.ts'
import { t } from '../../i18n/t.ts'
import { useMay, useMe } from '../../requests/get-me.ts'
import { visible } from '../../text.ts'
import { type Person, usePeople } from './use-people.ts'

/** E-mail addresses, `owners` and `editors`. Null: both groups. */
type Props = { to: readonly string[] | null }

/** Owners alone see the list of people, and may invite. */
export function AskedPeople(props: Props) {
  return useMay('admin') ? <Asked {...props} /> : null
}

function Asked({ to }: Props) {
  const people = usePeople().data
  const me = useMe().data
  if (people === undefined || me === undefined) return null
  const asked = (to ?? ['owners', 'editors']).map((who) => who.toLowerCase())
  const others = people.filter((person) => person.id !== me.id && isAsked(person, asked))
  const strangers = asked.filter((who) => who.includes('@') && !people.some(({ email }) => email.toLowerCase() === who))
  return (
    <>
      {others.length === 0 ? null : (
        <Text size="sm" c="dimmed" className="wrap">
          {t('Other people who are asked: {names}', { names: others.map(({ name }) => visible(name)).join(', ') })}
        </Text>
      )}
      {others.length > 0 || strangers.length > 0 ? null : (
        <Alert color="yellow" variant="light">
          {rich('No other person is asked. <link>Invite a second person</link> who can decide.', { link: toPeople })}
        </Alert>
      )}
      {strangers.length === 0 ? null : (
        <Alert color="yellow" variant="light" className="wrap">
          {rich('Without an account: {emails}. <link>Invite them</link>', {
            emails: strangers.map(visible).join(', '),
            link: toPeople,
          })}
        </Alert>
      )}
    </>
  )
}

const isAsked = ({ email, role }: Person, asked: readonly string[]): boolean =>
  asked.includes(email.toLowerCase()) || asked.includes(`${role}s`)

const toPeople = (words: ReactNode) => (
  <Anchor component={Link} to="/settings/people" inherit underline="always">
    {words}
  </Anchor>
)
