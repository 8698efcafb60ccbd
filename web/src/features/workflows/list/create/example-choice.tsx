import { Radio, Stack, Text, TextInput } from '@mantine/core'
import IconSearch from '@tabler/icons-react/icons/IconSearch'
import { type ReactNode, useState } from 'react'
import { type Example, examplesOf, GROUPS, type Group } from '../../../../lib/examples.ts'
import { t } from '../../../../lib/i18n/t.ts'
import type { Language } from '../../../../lib/kinds.ts'
import { connectorExample } from './connector-choice.ts'

const WORDS: Readonly<Record<Group, string>> = {
  collect: t('Collect applications'),
  parse: t('Parse and enrich'),
  match: t('Match and score'),
  sync: t('Keep two systems equal'),
  notify: t('Notify people'),
  privacy: t('Privacy and retention'),
  reports: t('Reports'),
}

type Props = { example: Example; language: Language; onChoose: (example: Example) => void }

export function ExampleChoice({ example, language, onChoose }: Props) {
  const [search, setSearch] = useState('')
  const examples = examplesOf(example.kind, language)
  const choices = language === 'python' ? [...examples, connectorExample(example.kind)] : examples
  const isFound = (one: Example) => one.slug === example.slug || one.group === undefined || matches(one, search)
  const found = choices.filter(isFound)
  const onChange = (slug: string) => onChoose(choices.find((choice) => choice.slug === slug) ?? example)
  return (
    <Radio.Group value={example.slug} onChange={onChange} label={t('Start from')} name="example">
      <TextInput
        aria-label={t('Find an example')}
        placeholder={t('Find an example')}
        size="xs"
        mt={6}
        leftSection={<IconSearch size={14} aria-hidden />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        onKeyDown={(event) => {
          // Enter would create the workflow.
          if (event.key === 'Enter') event.preventDefault()
        }}
      />
      <Stack gap="md" mt="sm">
        <Choices examples={found.filter(({ group }) => group === undefined)} />
        {GROUPS.map((group) => (
          <Choices key={group} title={WORDS[group]} examples={found.filter((one) => one.group === group)} />
        ))}
        {choices.some((one) => one.group !== undefined && matches(one, search)) ? null : (
          <Text size="sm" c="dimmed">
            {t('No examples match.')}
          </Text>
        )}
      </Stack>
    </Radio.Group>
  )
}

function matches({ title, description, group }: Example, search: string): boolean {
  const text = `${title} ${description} ${group === undefined ? '' : WORDS[group]}`.toLowerCase()
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

function Choices({ title, examples }: { title?: string; examples: readonly Example[] }): ReactNode {
  if (examples.length === 0) return null
  return (
    <Stack gap={10}>
      {title === undefined ? null : (
        <Text size="xs" fw={600} c="dimmed" component="h3" m={0}>
          {title}
        </Text>
      )}
      {examples.map(({ slug, title: label, description }) => (
        <Radio key={slug} value={slug} label={label} description={description} />
      ))}
    </Stack>
  )
}
