import { type MantineSpacing, Stack } from '@mantine/core'
import type { ComponentProps, FormEvent } from 'react'

type Props = Omit<ComponentProps<'form'>, 'onSubmit'> & { gap?: MantineSpacing; onSubmit: () => unknown }

/** The browser would load another page. */
export function Form({ gap = 'md', onSubmit, children, ...form }: Props) {
  const submit = (event: FormEvent) => {
    event.preventDefault()
    onSubmit()
  }
  return (
    <form {...form} onSubmit={submit}>
      <Stack gap={gap}>{children}</Stack>
    </form>
  )
}
