import { Button, type ButtonProps, Group, Modal, Stack, Text } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { ReactNode } from 'react'

type Props = ButtonProps & {
  /** The question. */
  title: string
  explanation: ReactNode
  /** The verb on the confirming button. */
  action: string
  actionColor?: string
  onConfirm: () => void
}

/** A button that asks once before an action that can't be undone. */
export function ConfirmButton({
  title,
  explanation,
  action,
  actionColor = 'red',
  onConfirm,
  children,
  ...button
}: Props) {
  const [opened, { open, close }] = useDisclosure()
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
          <Group justify="flex-end">
            <Button variant="default" onClick={close} data-autofocus>
              Cancel
            </Button>
            <Button
              color={actionColor}
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
