import { NumberInput, Radio, Select, SimpleGrid, Stack } from '@mantine/core'
import { useChanges } from '../../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../../lib/forms/workflow-form.tsx'
import { t } from '../../../lib/i18n/t.ts'
import { useRuntimes } from '../../../lib/requests/get-runtimes.ts'
import type { Kind, Workflow } from '../../../lib/requests/get-workflow.ts'

type Limits = Pick<
  Workflow,
  'timeout_seconds' | 'max_concurrency' | 'memory_mib' | 'body_limit_bytes' | 'isolation' | 'runtime'
>
const MIB = 1024 * 1024

export function LimitsForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow)
  const { values: limits, set } = form
  return (
    <WorkflowForm workflow={workflow} form={form} name={t('Limits')}>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NumberFields kind={workflow.kind} limits={limits} onChange={set} />
        <RuntimeSelect value={limits.runtime} onChange={(runtime) => set({ runtime })} />
      </SimpleGrid>
      <IsolationChoice value={limits.isolation} onChange={(isolation) => set({ isolation })} />
    </WorkflowForm>
  )
}

type NumberFieldsProps = { kind: Kind; limits: Limits; onChange: (change: Partial<Limits>) => void }

function NumberFields({ kind, limits, onChange }: NumberFieldsProps) {
  return (
    <>
      <NumberInput
        label={t('Time limit')}
        description={t('Seconds a run may take, at most 3,600')}
        min={1}
        max={3600}
        allowDecimal={false}
        suffix=" s"
        value={limits.timeout_seconds}
        onChange={(value) => typeof value === 'number' && onChange({ timeout_seconds: value })}
      />
      <NumberInput
        label={t('Concurrency')}
        description={t('Runs at the same time; use 1 if runs must not overlap')}
        min={1}
        max={1000}
        allowDecimal={false}
        value={limits.max_concurrency}
        onChange={(value) => typeof value === 'number' && onChange({ max_concurrency: value })}
      />
      <NumberInput
        label={t('Memory')}
        description={t('MiB that a run may use, 128 to 8,192')}
        min={128}
        max={8192}
        step={128}
        allowDecimal={false}
        suffix={` ${t('MiB')}`}
        value={limits.memory_mib}
        onChange={(value) => typeof value === 'number' && onChange({ memory_mib: value })}
      />
      {kind === 'catch' ? (
        <NumberInput
          label={t('Request size limit')}
          description={t('Maximum size of a request, at most 32 MiB')}
          min={0.001}
          max={32}
          decimalScale={3}
          suffix={` ${t('MiB')}`}
          value={limits.body_limit_bytes / MIB}
          onChange={(value) => typeof value === 'number' && onChange({ body_limit_bytes: Math.round(value * MIB) })}
        />
      ) : null}
    </>
  )
}

type IsolationProps = { value: Workflow['isolation']; onChange: (isolation: Workflow['isolation']) => void }

function IsolationChoice({ value, onChange }: IsolationProps) {
  return (
    <Radio.Group
      label={t('Isolation')}
      value={value}
      onChange={(next) => onChange(next === 'reuse' ? 'reuse' : 'fresh')}
    >
      <Stack gap="xs" mt={6}>
        <Radio
          value="fresh"
          label={t('Fresh')}
          description={t('A new process for every run. Nothing is shared between runs.')}
        />
        <Radio
          value="reuse"
          label={t('Reuse')}
          description={t('A warm process serves one run after the other. Faster; module globals are kept.')}
        />
      </Stack>
    </Radio.Group>
  )
}

function RuntimeSelect({ value, onChange }: { value: string; onChange: (runtime: string) => void }) {
  const runtimes = useRuntimes()
  const known = (runtimes.data ?? []).map(({ name, version, usable }) => ({
    value: name,
    label: version == null || name.includes(version) ? name : `${name} (${version})`,
    disabled: !usable,
  }))
  const isMissing = runtimes.data !== undefined && !known.some((option) => option.value === value)
  const data = isMissing || known.length === 0 ? [{ value, label: value, disabled: false }, ...known] : known
  return (
    <Select
      label={t('Runtime')}
      description={t('The Python or Node that runs the code')}
      data={data}
      value={value}
      error={
        isMissing &&
        t('This server does not have {runtime}. An owner can add a Python where {option} is on.', {
          runtime: value,
          option: 'WORKFLOWS_PYTHON_DOWNLOADS',
        })
      }
      allowDeselect={false}
      onChange={(next) => next !== null && onChange(next)}
    />
  )
}
