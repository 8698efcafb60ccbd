import { Button, Group, NumberInput, SimpleGrid, Stack, Switch, TagsInput, Text } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { api, prettyJson } from '../../lib/client/api.ts'
import { useChanges } from '../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../lib/forms/workflow-form.tsx'
import { t } from '../../lib/i18n/t.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { LoadError } from '../../lib/ui/load-error.tsx'
import { TextBlock } from '../../lib/ui/text/text-block.tsx'
import { type Privacy, RuleRow } from './rule-row.tsx'

const PLACES = ['request', 'answer', 'logs'] as const
const KEEP_WORDS = {
  request: t('Requests are kept'),
  answer: t('Responses are kept'),
  logs: t('Logs are kept'),
} as const
const PRESET: Privacy = {
  redact: [
    { detector: 'email', in: [...PLACES], with: 'mask' },
    { detector: 'phone', in: [...PLACES], with: 'mask' },
  ],
  identify: [],
  keep_days: { request: null, answer: null, logs: null },
}

const MAX_RULES = 50
const ruleField = (index: number): string => `privacy.redact[${index}]`
const FIELDS = ['privacy.identify', ...Array.from({ length: MAX_RULES }, (_, index) => ruleField(index))]

export function PrivacyForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow, FIELDS)
  const { privacy } = form.values
  const set = (change: Partial<Privacy>) => form.set({ privacy: { ...(privacy ?? PRESET), ...change } })
  const isValid = privacy === null || privacy.redact.every((rule) => rule.detector !== undefined || rule.path !== '')
  return (
    <WorkflowForm
      workflow={workflow}
      form={form}
      name={t('Personal data')}
      isValid={isValid}
      footer={privacy === null ? null : <PrivacyPreview workflow={workflow} privacy={privacy} />}
    >
      <Switch
        label={t('Remove personal data before anything is stored')}
        description={t('The function gets everything, and so does the caller. Only what is kept changes.')}
        checked={privacy !== null}
        onChange={(event) => form.set({ privacy: event.currentTarget.checked ? PRESET : null })}
      />
      {privacy === null ? null : <Rules privacy={privacy} set={set} errorOf={form.errorOf} />}
    </WorkflowForm>
  )
}

type RulesProps = {
  privacy: Privacy
  set: (change: Partial<Privacy>) => void
  errorOf: (field: string) => string | undefined
}

function Rules({ privacy, set, errorOf }: RulesProps) {
  const { redact, identify, keep_days: days } = privacy
  const add = () => set({ redact: [...redact, { path: 'body.candidate.email', in: [...PLACES], with: 'mask' }] })
  return (
    <>
      <Stack gap="xs">
        <Text fw={600} size="sm">
          {t('Rules')}
        </Text>
        {redact.map((rule, index) => (
          <RuleRow
            // Rules have no name.
            // biome-ignore lint/suspicious/noArrayIndexKey: a rule is its place in the list
            key={index}
            rule={rule}
            number={index + 1}
            error={errorOf(ruleField(index))}
            onChange={(next) => set({ redact: redact.with(index, next) })}
            onRemove={() => set({ redact: redact.toSpliced(index, 1) })}
          />
        ))}
        <Group>
          <Button variant="default" size="xs" onClick={add}>
            {t('Add rule')}
          </Button>
        </Group>
      </Stack>
      <TagsInput
        label={t('Identified by')}
        description={t('Paths of the request, such as body.candidate.email; only keyed hashes of the values are kept')}
        error={errorOf('privacy.identify')}
        value={identify}
        onChange={(paths) => set({ identify: paths })}
      />
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        {PLACES.map((place) => (
          <NumberInput
            key={place}
            label={KEEP_WORDS[place]}
            description={t('Empty: as long as the run')}
            min={1}
            max={36_500}
            suffix={` ${t('days')}`}
            allowDecimal={false}
            value={days[place] ?? ''}
            onChange={(value) => set({ keep_days: { ...days, [place]: typeof value === 'number' ? value : null } })}
          />
        ))}
      </SimpleGrid>
    </>
  )
}

function PrivacyPreview({ workflow: { id }, privacy }: { workflow: Workflow; privacy: Privacy }) {
  const preview = useMutation({
    mutationFn: () => api.post('/api/workflows/{id}/privacy/preview', { path: { id }, body: { privacy } }),
  })
  const { data } = preview
  return (
    <Stack gap="sm">
      <Group>
        <Button variant="default" loading={preview.isPending} onClick={() => preview.mutate()}>
          {t('Preview with the newest request')}
        </Button>
      </Group>
      <LoadError of={preview} />
      {data === undefined ? null : data.request === null ? (
        <Text size="sm" c="dimmed">
          {t('No request yet. Call the hook once, then look again.')}
        </Text>
      ) : (
        <div>
          <Text size="sm" c="dimmed" mb={4} role="status">
            {sayWhat(data)}
          </Text>
          <TextBlock
            text={[
              ...data.request.headers.map(([name, value]) => `${name}: ${value}`),
              '',
              prettyJson(data.request.body ?? ''),
            ].join('\n')}
            label={t('Request as it would be stored')}
          />
        </div>
      )}
    </Stack>
  )
}

/** In an already redacted request, no match says nothing about the rules. */
function sayWhat({ changed, redacted }: { readonly changed: boolean; readonly redacted: boolean }): string {
  if (!redacted) return changed ? t('So it would be stored:') : t('These rules find nothing in it:')
  return changed
    ? t('Personal data were removed from this request when it was stored. These rules change more of it:')
    : t('Personal data were removed from this request when it was stored. These rules change nothing else in it:')
}
