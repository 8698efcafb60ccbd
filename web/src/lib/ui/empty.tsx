import { Stack, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

/** Nothing here yet, and the first step. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Stack align="center" gap={6} py={48} px="md" ta="center">
      <Title order={3} size="h5">
        {title}
      </Title>
      <Text size="sm" c="dimmed" component="div" maw={460}>
        {children}
      </Text>
    </Stack>
  )
}
