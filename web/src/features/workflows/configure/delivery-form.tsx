import { NumberInput, SimpleGrid, Text } from '@mantine/core'
import { useChanges } from '../../../lib/forms/use-changes.ts'
import { WorkflowForm } from '../../../lib/forms/workflow-form.tsx'
import { t } from '../../../lib/i18n/t.ts'
import type { Delivery, Workflow } from '../../../lib/requests/get-workflow.ts'
import { KeySourceFields } from '../../senders/key-source-fields.tsx'
import { AcknowledgementFields } from './acknowledgement-fields.tsx'

export function DeliveryForm({ workflow }: { workflow: Workflow }) {
  const form = useChanges(workflow, ['idempotency', 'answer.content_type'])
  const { values, set } = form
  return (
    <WorkflowForm workflow={workflow} form={form} name={t('Delivery')}>
      {workflow.kind === 'catch' ? (
        <>
          <KeySourceFields
            value={values.idempotency}
            error={form.errorOf('idempotency')}
            onChange={(next) => set({ idempotency: next })}
          />
          <AcknowledgementFields
            value={values.answer}
            typeError={form.errorOf('answer.content_type')}
            onChange={(next) => set({ answer: next })}
          />
        </>
      ) : null}
      <RetryFields value={values.retries} onChange={(next) => set({ retries: next })} />
    </WorkflowForm>
  )
}

type RetryProps = { value: Delivery['retries']; onChange: (value: Delivery['retries']) => void }

function RetryFields({ value, onChange }: RetryProps) {
  return (
    <div>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NumberInput
          label={t('Retries')}
          description={t('Extra attempts after a failed background run')}
          min={0}
          max={10}
          allowDecimal={false}
          value={value.count}
          onChange={(count) => typeof count === 'number' && onChange({ ...value, count })}
        />
        <NumberInput
          label={t('First wait')}
          description={t('Seconds before the first retry; it doubles each time')}
          min={1}
          max={3600}
          allowDecimal={false}
          suffix=" s"
          disabled={value.count === 0}
          value={value.backoff_seconds}
          onChange={(seconds) => typeof seconds === 'number' && onChange({ ...value, backoff_seconds: seconds })}
        />
      </SimpleGrid>
      <Text size="sm" c="dimmed" mt="xs">
        {t(
          'A retried function may already have done part of its work. Runs that fail after their last retry are listed under Dead letters.',
        )}
      </Text>
    </div>
  )
}
