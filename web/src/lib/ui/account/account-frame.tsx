import { Center, Paper, Text, Title } from '@mantine/core'
import type { ReactNode } from 'react'

export function AccountFrame({ title, text, children }: { title: string; text?: ReactNode; children: ReactNode }) {
  return (
    <Center component="main" mih="100vh" px="md" py="xl">
      <Paper withBorder p="xl" radius="md" w="100%" maw={420}>
        <img src="/favicon.svg" alt="" width={36} height={36} />
        <Title order={1} mt="md">
          {title}
        </Title>
        {text === undefined ? null : (
          <Text c="dimmed" mt={4}>
            {text}
          </Text>
        )}
        <div style={{ marginTop: 20 }}>{children}</div>
      </Paper>
    </Center>
  )
}
