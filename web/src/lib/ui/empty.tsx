import { Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useContext } from 'react'
import { IsTitled } from './panel.tsx'

type Props = {
  title: string
  order?: 1
  children?: ReactNode
}

export function Empty({ title, order, children }: Props) {
  const isTitled = useContext(IsTitled)
  return (
    <Stack align="center" gap={6} py={48} px="md" ta="center">
      <Title order={order ?? (isTitled ? 3 : 2)} size="h5">
        {title}
      </Title>
      <Text size="sm" c="dimmed" component="div" maw={460}>
        {children}
      </Text>
    </Stack>
  )
}
