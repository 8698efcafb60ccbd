import { Button, type ButtonProps, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { type ReactNode, useState } from 'react'
import { t } from '../../i18n/t.ts'

type Props = ButtonProps & {
  title: string
  explanation: ReactNode
  action: string
  actionColor?: string
  confirmWord?: string
  isReady?: boolean
  onConfirm: () => void
}

export function ConfirmButton({
  title,
  explanation,
  action,
  actionColor = 'red',
  confirmWord,
  isReady = true,
  onConfirm,
  children,
  ...button
}: Props) {
  const [opened, { open, close: hide }] = useDisclosure()
  const [typed, setTyped] = useState('')
  const close = () => {
    setTyped('')
    hide()
  }
  return (
    <>
      <Button {...button} onClick={open}>
        {children}
      </Button>
      <Modal opened={opened} onClose={close} title={title} centered>
        <Stack>
          <Text size="sm" component="div">
            {explanation}
          </Text>
          {confirmWord === undefined ? null : (
            <TextInput
              label={t('Type “{confirmWord}” to confirm', { confirmWord })}
              value={typed}
              autoComplete="off"
              onChange={(event) => setTyped(event.currentTarget.value)}
            />
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={close} data-autofocus>
              {t('Cancel')}
            </Button>
            <Button
              color={actionColor}
              disabled={!isReady || (confirmWord !== undefined && typed.trim() !== confirmWord)}
              onClick={() => {
                close()
                onConfirm()
              }}
            >
              {action}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  )
}
