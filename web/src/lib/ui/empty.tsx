import { Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

type Props = {
  title: string
  /** 1 where it is the only content of the page. */
  order?: 1 | 3
  children?: ReactNode
}

/** The empty state of a list, with the first step. */
export function Empty({ title, order = 3, children }: Props) {
  return (
    <Stack align="center" gap={6} py={48} px="md" ta="center">
      <Title order={order} size="h5">
        {title}
      </Title>
      <Text size="sm" c="dimmed" component="div" maw={460}>
        {children}
      </Text>
    </Stack>
  )
}
