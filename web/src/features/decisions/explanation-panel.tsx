import { Anchor, Button, Group, List, Stack, Text } from '@mantine/core'
import { t } from '../../lib/i18n/t.ts'
import { serverWords } from '../../lib/notices/server-words.ts'
import { useMay, useMe } from '../../lib/requests/get-me.ts'
import { visible } from '../../lib/text.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { Panel } from '../../lib/ui/panel.tsx'
import { type Decision, type Explanation, letterUrl, useExplain, useExplanations } from './decisions.ts'

export function ExplanationPanel({ decision: { id } }: { decision: Decision }) {
  const mayRun = useMay('run')
  const explain = useExplain(id)
  const newest = useExplanations(id).data?.data[0]
  return (
    <Panel title={t('What would have changed it')}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t(
            'The same version runs on the same request with one field changed, then two. Nothing is sent: outgoing calls get their recorded answers.',
          )}
        </Text>
        <LoadError of={explain} />
        {newest === undefined ? null : <Found explanation={newest} />}
        {mayRun ? (
          <Group>
            <Button
              variant="default"
              loading={explain.isPending || newest?.status === 'running'}
              onClick={() => explain.mutate()}
            >
              {t('Search')}
            </Button>
          </Group>
        ) : (
          <NoSearch />
        )}
      </Stack>
    </Panel>
  )
}

function NoSearch() {
  const isEditor = useMe().data?.role === 'editor'
  return (
    <Text size="sm" c="dimmed">
      {isEditor
        ? t('Only owners and the editors of this workflow can start the search.')
        : t('Only editors and owners can start the search.')}
    </Text>
  )
}

function Found({ explanation }: { explanation: Explanation }) {
  const { id, status, tried, changes, problem } = explanation
  if (status === 'running')
    return <Text role="status">{t('{tried, plural, one {# run} other {# runs}} so far', { tried })}</Text>
  if (status === 'cancelled') return <Text>{t('The search was stopped. Start it again.')}</Text>
  if (status === 'failed') return <Text className="wrap">{serverWords(problem ?? '')}</Text>
  return (
    <>
      {changes.length === 0 ? (
        <Text>
          {t(
            '{changed, plural, =0 {There was nothing to change.} one {# change was tried. It did not lead to another outcome.} other {# changes were tried. None led to another outcome.}}',
            { changed: tried },
          )}
        </Text>
      ) : (
        <List>
          {changes.map(({ fields, outcome }) => (
            <List.Item key={JSON.stringify([fields, outcome])} className="wrap">
              {visible(`${fields.map(changeOf).join(', ')} ⇒ ${outcome}`)}
            </List.Item>
          ))}
        </List>
      )}
      <Group gap="md">
        {(['fr', 'en'] as const).map((language) => (
          <Anchor key={language} href={letterUrl(id, language)} target="_blank" rel="noopener">
            {language === 'fr' ? t('Letter in French') : t('Letter in English')}
          </Anchor>
        ))}
      </Group>
    </>
  )
}

/** Shows a JSON Pointer such as `/candidate/years` as `candidate › years`. */
const nameOf = (path: string): string =>
  path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join(' › ')

const changeOf = ({ path, old, new: now }: Explanation['changes'][number]['fields'][number]): string =>
  t('{name}: {old} → {now}', { name: nameOf(path), old: show(old), now: show(now) })

const show = (value: unknown): string => (value === null ? '–' : JSON.stringify(value))
