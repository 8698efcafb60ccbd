import { Modal, Text } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useLocation } from 'react-router'
import { onReauthentication } from '../../../lib/client/api.ts'
import { t } from '../../../lib/i18n/t.ts'
import { LoadError } from '../../../lib/ui/load-error.tsx'
import { RowsSkeleton } from '../../../lib/ui/rows-skeleton.tsx'
import { useSession } from './get-session.ts'
import { useRefreshSessions } from './sign-in.ts'
import { SignInForm } from './sign-in-form.tsx'

type Question = { answer: (isConfirmed: boolean) => void }

/** Repeats the call after a required sign-in. */
export function SignInAgain() {
  const [question, setQuestion] = useState<Question | null>(null)
  useEffect(() => {
    onReauthentication(() => new Promise((resolve) => setQuestion({ answer: resolve })))
    return () => onReauthentication(async () => false)
  }, [])
  const answer = (isConfirmed: boolean) => {
    question?.answer(isConfirmed)
    setQuestion(null)
  }
  return (
    <Modal opened={question !== null} onClose={() => answer(false)} title={t('Confirm that it is you')} centered>
      {question === null ? null : <ConfirmForm onDone={answer} />}
    </Modal>
  )
}

function ConfirmForm({ onDone }: { onDone: (isConfirmed: boolean) => void }) {
  const session = useSession()
  const { pathname, search } = useLocation()
  const refresh = useRefreshSessions()
  const confirm = async () => {
    await refresh()
    onDone(true)
  }
  if (session.error !== null) return <LoadError of={session} />
  // The form needs the e-mail address.
  if (session.data === undefined) return <RowsSkeleton rows={3} />
  return (
    <SignInForm
      email={session.data?.user.email ?? ''}
      action={t('Confirm')}
      next={pathname + search}
      onDone={() => void confirm()}
    >
      <Text size="sm" c="dimmed">
        {t('You signed in some time ago. This change needs a new sign-in.')}
      </Text>
    </SignInForm>
  )
}
