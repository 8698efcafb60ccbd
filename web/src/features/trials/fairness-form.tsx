import { NumberInput, Select, SimpleGrid } from '@mantine/core'
import { t } from '../../lib/i18n/t.ts'
import type { Workflow } from '../../lib/requests/get-workflow.ts'

type Fairness = NonNullable<NonNullable<Workflow['deploy_gate']>['fairness']>
type NameSet = Extract<Fairness['pairs'], string>

const OFF = 'off'
/** Pairs that a program has set. */
const OWN = 'own'
const NAME_SETS: Readonly<Record<NameSet, string>> = {
  names_en: t('English first names'),
  names_fr: t('French first names'),
}
const PRESET: Omit<Fairness, 'pairs'> = { base: { last: 20 }, max_changed: 0 }

type Props = { fairness: Fairness | undefined; onChange: (fairness: Fairness | undefined) => void }

export function FairnessForm({ fairness, onChange }: Props) {
  const isOwn = fairness !== undefined && typeof fairness.pairs !== 'string'
  const choices = [
    { value: OFF, label: t('Off') },
    ...Object.entries(NAME_SETS).map(([value, label]) => ({ value, label })),
    ...(isOwn ? [{ value: OWN, label: t('Pairs set with the API') }] : []),
  ]
  const choose = (value: string | null) => {
    if (value === OFF) onChange(undefined)
    if (value === 'names_en' || value === 'names_fr') onChange({ ...(fairness ?? PRESET), pairs: value })
  }
  return (
    <>
      <Select
        label={t('Pairs of requests that differ in the first name only')}
        description={t('Stops the deployment if their outcomes differ.')}
        maw={380}
        allowDeselect={false}
        data={choices}
        value={fairness === undefined ? OFF : typeof fairness.pairs === 'string' ? fairness.pairs : OWN}
        onChange={choose}
      />
      {fairness === undefined ? null : (
        <SimpleGrid cols={{ base: 1, xs: 2 }} maw={380}>
          {'last' in fairness.base ? (
            <NumberInput
              label={t('Past requests in pairs')}
              min={1}
              max={200}
              allowDecimal={false}
              value={fairness.base.last}
              onChange={(last) => typeof last === 'number' && onChange({ ...fairness, base: { last } })}
            />
          ) : null}
          <NumberInput
            label={t('Allowed share')}
            suffix=" %"
            min={0}
            max={100}
            value={Math.round(fairness.max_changed * 1000) / 10}
            onChange={(share) => typeof share === 'number' && onChange({ ...fairness, max_changed: share / 100 })}
          />
        </SimpleGrid>
      )}
    </>
  )
}
