import { ActionIcon, Anchor, Popover, Text } from '@mantine/core'
import IconHelp from '@tabler/icons-react/icons/IconHelp'
import { t } from '../../i18n/t.ts'
import { docsPage } from './docs-page.ts'

const HELP = {
  lane: {
    word: t('Lane'),
    page: 'reference/hooks#lanes',
    text: t(
      'A lane is a value of the call, such as the id of a candidate. Runs with the same value wait for each other and run in the order of their calls; runs of other lanes do not wait.',
    ),
  },
  dead_letter: {
    word: t('Dead letter'),
    page: 'reference/runs#retries-and-dead-letters',
    text: t(
      'A dead letter is a background run whose last attempt failed. No caller waited for its response. Its request is kept, so that you can replay it when the function is fixed.',
    ),
  },
  tick: {
    word: t('Tick'),
    page: 'reference/schedules',
    text: t(
      'A tick is one moment at which the schedule is due. It starts a run, or is skipped because the last run is still in progress, or is missed because the server was down.',
    ),
  },
  canary: {
    word: t('Canary'),
    page: 'reference/trials#canary',
    text: t(
      'A canary is a version that runs a share of the live calls next to the deployed version. You promote it if it does well. It stops if it fails too often.',
    ),
  },
  gate: {
    word: t('Deploy check'),
    page: 'reference/trials#gate',
    text: t(
      'A gate is a trial that each deployment must pass: the new version runs past requests first, and differences that are not allowed stop it.',
    ),
  },
  trial: {
    word: t('Trial'),
    page: 'reference/trials#trials',
    text: t(
      'A trial runs past requests again on code that is not deployed, and compares answers, settings and outgoing calls. Nothing of it counts: calls that change something are held back.',
    ),
  },
  sample_request: {
    word: t('Sample request'),
    page: 'reference/workflows#sample-request',
    text: t(
      'The sample request is the request of a workflow that tests and the curl commands send. It is made from what the code reads until a person saves another.',
    ),
  },
  task: {
    word: t('Task'),
    page: 'guides/lasting',
    text: t('A task is a question of a function to people. The run waits until one of them answers it.'),
  },
  decision: {
    word: t('Decision'),
    page: 'guides/decisions',
    text: t(
      'A decision is an outcome about a person. The function stores it with its reasons and data. Later, the record shows what was decided, by which version, and who agreed.',
    ),
  },
  property: {
    word: t('Environment properties'),
    page: 'reference/settings',
    text: t(
      'Environment properties are what your function reads as settings["NAME"], such as API keys. The function may change them: a run that succeeds stores its changes. Secret ones are never shown again.',
    ),
  },
} as const

export type HelpWord = keyof typeof HELP

export function HelpLink({ about }: { about: HelpWord }) {
  const { word, page, text } = HELP[about]
  return (
    <Popover width={320} position="bottom-start" withArrow>
      <Popover.Target>
        <ActionIcon variant="subtle" color="gray" size={24} aria-label={t('What is this? {word}', { word })}>
          <IconHelp size={16} aria-hidden />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label={word}>
        <Text size="sm" fw={400}>
          {text}
        </Text>
        <Anchor size="sm" href={docsPage(page)} target="_blank">
          {t('Read more')}
        </Anchor>
      </Popover.Dropdown>
    </Popover>
  )
}
