import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { type FormEvent, useEffect, useState } from 'react'
import { onReauthentication } from '../../../lib/api.ts'
import { EmailInput, PasswordField } from '../../../lib/ui/account/account-fields.tsx'
import { useSession } from './get-session.ts'
import { useSignInAgain } from './sign-in.ts'
import { SignInProblem } from './sign-in-page.tsx'

type Question = { answer: (isConfirmed: boolean) => void }

/** Asks for the password when the server wants a recent sign-in; then the call that needed it is repeated. */
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
    <Modal opened={question !== null} onClose={() => answer(false)} title="Confirm that it is you" centered>
      {question === null ? null : <ConfirmForm onDone={answer} />}
    </Modal>
  )
}

function ConfirmForm({ onDone }: { onDone: (isConfirmed: boolean) => void }) {
  const session = useSession()
  const signIn = useSignInAgain()
  const [password, setPassword] = useState('')
  const email = session.data?.user.email ?? ''
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signIn.mutate({ email, password }, { onSuccess: () => onDone(true) })
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm" c="dimmed">
          You signed in some time ago. This change needs your password again.
        </Text>
        <EmailInput value={email} readOnly />
        <PasswordField value={password} onChange={setPassword} />
        {signIn.error === null ? null : <SignInProblem error={signIn.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => onDone(false)}>
            Cancel
          </Button>
          <Button type="submit" loading={signIn.isPending}>
            Confirm
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
