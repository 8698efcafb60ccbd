import { Button, Group, List, Modal, Stack, Text } from '@mantine/core'
import { useEffect, useRef } from 'react'
import { useBlocker, useNavigate } from 'react-router'
import { t } from '../i18n/t.ts'
import { readUnsaved, type Unsaved, useAllUnsaved } from './unsaved.ts'

/** The browser asks before a close or reload, this dialog before another page. */
export function UnsavedGuard() {
  const all = useAllUnsaved()
  useBeforeUnload(all.length > 0)
  const navigate = useNavigate()
  const mayLeave = useRef(false)
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      !mayLeave.current &&
      nextLocation.pathname !== currentLocation.pathname &&
      lostAt(readUnsaved(), nextLocation.pathname).length > 0,
  )
  const lost = blocker.location === undefined ? [] : lostAt(readUnsaved(), blocker.location.pathname)
  const [only] = lost
  const canSave = lost.length === 1 && only?.save !== undefined
  const discard = () => {
    for (const edit of lost) edit.discard()
    blocker.proceed?.()
  }
  const saveAndLeave = () => {
    const { location } = blocker
    blocker.reset?.()
    only?.save?.(() => {
      mayLeave.current = true
      if (location !== undefined) void navigate(location)
      window.setTimeout(() => (mayLeave.current = false))
    })
  }
  return (
    <Modal
      opened={blocker.state === 'blocked'}
      onClose={() => blocker.reset?.()}
      title={t('Unsaved changes')}
      size="lg"
      centered
    >
      <Stack>
        <List size="sm">
          {lost.map(({ what }) => (
            <List.Item key={what}>{what}</List.Item>
          ))}
        </List>
        {canSave ? (
          <Text size="sm">
            {t('Unsaved code is kept for you, on the server. Other people don’t see it until you save a draft.')}
          </Text>
        ) : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="subtle" color="red" onClick={discard}>
            {t('Discard changes')}
          </Button>
          {canSave ? (
            <Button variant="default" onClick={saveAndLeave}>
              {t('Save draft and leave')}
            </Button>
          ) : null}
          {canSave ? (
            <Button variant="default" onClick={() => blocker.proceed?.()}>
              {t('Leave')}
            </Button>
          ) : null}
          <Button onClick={() => blocker.reset?.()} data-autofocus>
            {t('Stay')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

const lostAt = (all: readonly Unsaved[], path: string): readonly Unsaved[] =>
  all.filter(({ survives }) => !survives(path))

function useBeforeUnload(active: boolean): void {
  useEffect(() => {
    if (!active) return
    const guard = (event: BeforeUnloadEvent) => event.preventDefault()
    window.addEventListener('beforeunload', guard)
    return () => window.removeEventListener('beforeunload', guard)
  }, [active])
}
