import { SimpleGrid, Stack, Text, Title, UnstyledButton } from '@mantine/core'
import IconClockHour4 from '@tabler/icons-react/icons/IconClockHour4'
import IconWebhook from '@tabler/icons-react/icons/IconWebhook'
import type { ComponentType } from 'react'
import { BLANKS, EXAMPLES, type Example } from '../../../../lib/examples.ts'
import { t } from '../../../../lib/i18n/t.ts'
import { KindLabel } from '../../../../lib/ui/kind.tsx'
import classes from './cards.module.css'

export function FirstSteps({ onStart }: { onStart: (example: Example) => void }) {
  return (
    <Stack gap="xl">
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
        <KindCard
          icon={IconWebhook}
          title={t('Catch')}
          onClick={() => onStart(BLANKS.catch)}
          text={t(
            'Runs your Python or TypeScript when another service calls its URL, and returns your code’s response.',
          )}
        />
        <KindCard
          icon={IconClockHour4}
          title={t('Pull')}
          onClick={() => onStart(BLANKS.pull)}
          text={t('Runs your Python or TypeScript on a schedule, and remembers where it stopped.')}
        />
      </SimpleGrid>
      <Stack gap="sm">
        <Title order={2}>{t('Or start from an example')}</Title>
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
          {EXAMPLES.map((example) => (
            <UnstyledButton key={example.slug} className={classes.card} onClick={() => onStart(example)}>
              <Text fw={600}>{example.title}</Text>
              <Text size="sm" c="dimmed" mt={4}>
                {example.description}
              </Text>
              <Text size="xs" c="dimmed" mt={10} component="div">
                <KindLabel kind={example.kind} />
              </Text>
            </UnstyledButton>
          ))}
        </SimpleGrid>
      </Stack>
    </Stack>
  )
}

type CardProps = {
  icon: ComponentType<{ size?: number; 'aria-hidden'?: boolean }>
  title: string
  text: string
  onClick: () => void
}

function KindCard({ icon: Icon, title, text, onClick }: CardProps) {
  return (
    <UnstyledButton className={`${classes.card} ${classes.large}`} onClick={onClick}>
      <span className={classes.sign}>
        <Icon size={26} aria-hidden />
      </span>
      <Text fw={600} size="xl" mt="sm">
        {title}
      </Text>
      <Text c="dimmed" mt={4}>
        {text}
      </Text>
    </UnstyledButton>
  )
}
