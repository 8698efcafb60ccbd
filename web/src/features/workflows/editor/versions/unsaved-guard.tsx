import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { useBlocker, useNavigate } from 'react-router'

type Props = {
  workflowId: string
  active: boolean
  /** Saves, and calls back once the text is safe; not when the save is refused. */
  onSave: (then: () => void) => void
  onDiscard: () => void
}

/**
 * Asks before unsaved code is left behind: by the browser when its tab is closed or loaded again, by us when another
 * page of the app is opened. The workflow's own pages and its runs are no way out: people go there and come back.
 */
export function UnsavedGuard({ workflowId, active, onSave, onDiscard }: Props) {
  useBeforeUnload(active)
  const navigate = useNavigate()
  const mayLeave = useRef(false)
  const blocker = useBlocker(
    ({ nextLocation: { pathname } }) => active && !mayLeave.current && !isNear(pathname, workflowId),
  )
  const leave = (before: () => void) => () => {
    before()
    blocker.proceed?.()
  }
  const saveAndLeave = () => {
    const { location } = blocker
    blocker.reset?.()
    onSave(() => {
      mayLeave.current = true
      if (location !== undefined) void navigate(location)
    })
  }
  return (
    <Modal opened={blocker.state === 'blocked'} onClose={() => blocker.reset?.()} title="Unsaved changes" centered>
      <Stack>
        <Text size="sm">
          Unsaved changes are kept only in this browser. Other people don’t see them until you save.
        </Text>
        <Group justify="flex-end">
          <Button variant="subtle" color="red" onClick={leave(onDiscard)}>
            Discard changes
          </Button>
          <Button variant="default" onClick={saveAndLeave}>
            Save draft and leave
          </Button>
          <Button variant="default" onClick={leave(() => {})}>
            Leave
          </Button>
          <Button onClick={() => blocker.reset?.()} data-autofocus>
            Stay
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

const isNear = (pathname: string, workflowId: string): boolean =>
  pathname.startsWith('/runs/') || pathname === '/sign-in' || pathname.split('/')[2] === workflowId

function useBeforeUnload(active: boolean): void {
  useEffect(() => {
    if (!active) return
    const guard = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', guard)
    return () => window.removeEventListener('beforeunload', guard)
  }, [active])
}
