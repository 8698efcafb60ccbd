import { Checkbox, Group, NumberInput, Switch, TagsInput, Text } from '@mantine/core'
import { useChanges } from '../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../lib/forms/workflow-form.tsx'
import { t } from '../../lib/i18n/t.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'
import { FairnessForm } from './fairness-form.tsx'

type Gate = NonNullable<Workflow['deploy_gate']>

const ALLOWED: readonly { value: Gate['allow'][number]; label: string }[] = [
  { value: 'same', label: t('Same') },
  { value: 'fixed', label: t('Fixed: failed before, succeeds now') },
  { value: 'changed', label: t('Changed: another result') },
  { value: 'broken', label: t('Broken: succeeded before, fails now') },
  { value: 'not_comparable', label: t('Not comparable') },
]
const PRESET: Gate = { last: 50, allow: ['same', 'fixed'], ignore: [] }

export function GateForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow, ['deploy_gate.ignore'])
  const gate = form.values.deploy_gate
  const set = (change: Partial<Gate>) => form.set({ deploy_gate: { ...(gate ?? PRESET), ...change } })
  const setFairness = ({ last, allow, ignore }: Gate, fairness: Gate['fairness']) =>
    form.set({ deploy_gate: { last, allow, ignore, ...(fairness && { fairness }) } })
  return (
    <WorkflowForm workflow={workflow} form={form} name={t('Deploy check')}>
      <Switch
        label={t('Test each version on past requests before deploying')}
        description={t('Read-only calls. Stops the deployment if results change.')}
        checked={gate !== null}
        onChange={(event) => form.set({ deploy_gate: event.currentTarget.checked ? PRESET : null })}
      />
      {gate === null ? null : (
        <>
          <NumberInput
            label={t('Past requests')}
            description={t('The newest ones, at most 200')}
            w={180}
            min={1}
            max={200}
            allowDecimal={false}
            value={gate.last}
            onChange={(last) => typeof last === 'number' && set({ last })}
          />
          <Checkbox.Group
            label={t('Results that do not stop it')}
            value={[...gate.allow]}
            onChange={(chosen) =>
              set({ allow: ALLOWED.filter(({ value }) => chosen.includes(value)).map(({ value }) => value) })
            }
          >
            <Group gap="md" mt={6}>
              {ALLOWED.map(({ value, label }) => (
                <Checkbox key={value} value={value} label={label} />
              ))}
            </Group>
          </Checkbox.Group>
          <TagsInput
            label={t('Ignore paths')}
            description={t('JSON Pointers such as /response/headers/date; * matches any part')}
            error={form.errorOf('deploy_gate.ignore')}
            value={[...gate.ignore]}
            onChange={(ignore) => set({ ignore })}
          />
          {workflow.decisions === null && gate.fairness === undefined ? null : (
            <FairnessForm fairness={gate.fairness} onChange={(fairness) => setFairness(gate, fairness)} />
          )}
          <Text size="sm" c="dimmed">
            {t(
              'A workflow without past requests passes. A person can deploy despite the check, which is in the audit log.',
            )}
          </Text>
        </>
      )}
    </WorkflowForm>
  )
}
