import { Checkbox, Group, NumberInput, Switch, TagsInput, Text } from '@mantine/core'
import { useChanges } from '../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../lib/forms/workflow-form.tsx'
import { t } from '../../lib/i18n/t.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import type { WorkflowChanges } from '../../lib/requests/update-workflow.ts'
import { AskedPeople } from '../../lib/ui/controls/asked-people.tsx'
import { RateInput } from '../../lib/ui/controls/rate-input.tsx'
import { secondsOf, withinOf } from './within.ts'

type Shown = NonNullable<Workflow['decisions']>
type Oversight = NonNullable<Shown['oversight']>
type Policy = { outcomes: string[]; keep_days: number; oversight: Oversight | null }

const KEEP_DAYS = 1460
const GROUPS = [
  { value: 'owners', label: t('Owners') },
  { value: 'editors', label: t('Editors') },
]

export function DecisionsForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow, ['decisions.outcomes', 'decisions.keep_days', 'decisions.oversight'])
  const policy = policyOf(form.values.decisions)
  const { outcomes, keep_days, oversight } = policy
  const set = (change: Partial<Policy>) => form.set({ decisions: fieldOf({ ...policy, ...change }) })
  return (
    <WorkflowForm
      workflow={workflow}
      form={form}
      name={t('Decisions about people')}
      isValid={oversight === null || isComplete(oversight)}
    >
      <TagsInput
        label={t('Possible outcomes')}
        description={t('What the function may decide, such as invite and reject. Empty: anything')}
        error={form.errorOf('decisions.outcomes')}
        value={outcomes}
        maxTags={20}
        onChange={(chosen) => set({ outcomes: chosen })}
      />
      <NumberInput
        label={t('Keep decisions for')}
        description={t('A shorter period counts for new decisions only')}
        error={form.errorOf('decisions.keep_days')}
        w={220}
        min={1}
        max={3650}
        suffix={` ${t('days')}`}
        allowDecimal={false}
        value={keep_days}
        onChange={(days) => typeof days === 'number' && set({ keep_days: days })}
      />
      <Switch
        label={t('A person must agree')}
        description={t('The function proposes an outcome, and waits until a person has decided.')}
        checked={oversight !== null}
        onChange={(event) => set({ oversight: event.currentTarget.checked ? presetOf(outcomes) : null })}
      />
      {oversight === null ? null : (
        <OversightFields
          outcomes={outcomes}
          oversight={oversight}
          error={form.errorOf('decisions.oversight')}
          onChange={(change) => set({ oversight: { ...oversight, ...change } })}
        />
      )}
    </WorkflowForm>
  )
}

type FieldsProps = {
  outcomes: readonly string[]
  oversight: Oversight
  error: string | undefined
  onChange: (change: Partial<Oversight>) => void
}

function OversightFields({ outcomes, oversight, error, onChange }: FieldsProps) {
  const { reviewers, within, reason_required } = oversight
  const isGroup = (who: string) => GROUPS.some(({ value }) => value === who)
  const groups = reviewers.filter(isGroup)
  const people = reviewers.filter((who) => !isGroup(who))
  return (
    <>
      <TagsInput
        label={t('Outcomes that a person must agree to')}
        required
        error={error}
        data={[...outcomes]}
        value={oversight.outcomes}
        maxTags={20}
        onChange={(chosen) => onChange({ outcomes: chosen })}
      />
      <Checkbox.Group
        label={t('Who may agree')}
        required
        error={reviewers.length === 0 ? t('Choose at least one') : undefined}
        value={groups}
        onChange={(chosen) => onChange({ reviewers: [...chosen, ...people] })}
      >
        <Group gap="md" mt={6}>
          {GROUPS.map(({ value, label }) => (
            <Checkbox key={value} value={value} label={label} />
          ))}
        </Group>
      </Checkbox.Group>
      <TagsInput
        label={t('And these people')}
        description={t('E-mail addresses of accounts')}
        placeholder="ada@example.com, bob@example.com"
        value={people}
        maxTags={50}
        onChange={(chosen) => onChange({ reviewers: [...groups, ...chosen] })}
      />
      <Text size="sm" c="dimmed">
        {t('Who started a run can’t decide about it, nor who made or deployed its version within 24 hours.')}
      </Text>
      {reviewers.length === 0 ? null : <AskedPeople to={reviewers} />}
      <RateInput
        label={t('Time to decide')}
        seconds={secondsOf(within)}
        onChange={(seconds) => onChange({ within: seconds === null ? '' : withinOf(seconds) })}
      />
      <Switch
        label={t('Ask for a reason')}
        checked={reason_required}
        onChange={(event) => onChange({ reason_required: event.currentTarget.checked })}
      />
    </>
  )
}

const presetOf = (outcomes: readonly string[]): Oversight => ({
  outcomes: outcomes.slice(-1),
  reviewers: ['owners'],
  within: '7d',
  reason_required: true,
})

const isComplete = ({ outcomes, reviewers, within }: Oversight): boolean =>
  outcomes.length > 0 && reviewers.length > 0 && secondsOf(within) !== null

function policyOf(field: Workflow['decisions'] | WorkflowChanges['decisions']): Policy {
  const { outcomes = [], keep_days = KEEP_DAYS, oversight } = field ?? {}
  return { outcomes, keep_days, oversight: oversight ? { ...presetOf([]), ...oversight } : null }
}

/** Null if everything is as without the field. */
function fieldOf({ outcomes, keep_days, oversight }: Policy): Shown | null {
  if (outcomes.length === 0 && keep_days === KEEP_DAYS && oversight === null) return null
  return { ...(outcomes.length > 0 && { outcomes }), keep_days, ...(oversight !== null && { oversight }) }
}
