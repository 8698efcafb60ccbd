import { Checkbox, Fieldset, Group, Loader, PasswordInput, Select, Stack, Text, TextInput } from '@mantine/core'
import { t } from '../../../../lib/i18n/t.ts'
import { LoadError } from '../../../../lib/ui/load-error.tsx'
import type { ConnectorState, Parameter } from './connector-choice.ts'

export function ConnectorFields({ state }: { state: ConnectorState }) {
  const { connectors, names, connector, actions, chosen, program } = state
  if (connectors.error !== null) return <LoadError of={connectors} />
  if (connectors.data === undefined)
    return <Waiting text={t('Asking hrflow-connectors what it has. The first time, it is installed.')} />
  return (
    <Stack gap="sm">
      <Select
        label={t('Connector')}
        placeholder={t('One of {count}', { count: names.length })}
        searchable
        data={names}
        value={connector}
        onChange={state.setConnector}
        nothingFoundMessage={t('No connector of this name')}
        required
      />
      {connector === null ? null : (
        <Select
          label={t('Action')}
          data={actions.map(({ id, action }) => ({ value: id, label: action.replaceAll('_', ' ') }))}
          value={chosen?.id ?? null}
          onChange={state.setId}
          required
        />
      )}
      {chosen?.incremental === true ? (
        <Checkbox
          label={t('Read only what is new')}
          description={t('What was read is kept in the setting connector_state, with the result of each run.')}
          checked={state.incremental}
          onChange={(event) => state.setIncremental(event.currentTarget.checked)}
        />
      ) : null}
      <LoadError of={program} />
      {chosen !== undefined && program.isPending ? <Waiting text={t('Reading its parameters.')} /> : null}
      {program.data === undefined || chosen === undefined ? null : (
        <Parameters parameters={program.data.parameters} state={state} />
      )}
    </Stack>
  )
}

function Waiting({ text }: { text: string }) {
  return (
    <Group gap="xs" role="status">
      <Loader size="xs" />
      <Text size="sm" c="dimmed">
        {text}
      </Text>
    </Group>
  )
}

function Parameters({ parameters, state }: { parameters: readonly Parameter[]; state: ConnectorState }) {
  const needed = parameters.filter(({ required }) => required)
  const others = parameters.filter(({ required }) => !required)
  const places = [...new Set(needed.map(({ place }) => place))]
  return (
    <Stack gap="sm">
      {places.map((place) => (
        <Fieldset key={place} legend={place}>
          <Fields parameters={needed.filter((one) => one.place === place)} state={state} />
        </Fieldset>
      ))}
      {others.length === 0 ? null : (
        <details>
          <summary>{t('Optional parameters ({count})', { count: others.length })}</summary>
          <Fields parameters={others} state={state} />
        </details>
      )}
      <Text size="xs" c="dimmed">
        {t('Each is a property of the workflow. What you leave empty can be set later; a schedule waits for it.')}
      </Text>
    </Stack>
  )
}

function Fields({ parameters, state }: { parameters: readonly Parameter[]; state: ConnectorState }) {
  return (
    <Stack gap="sm" mt={4}>
      {parameters.map((parameter) => (
        <ParameterInput
          key={parameter.key}
          parameter={parameter}
          value={state.values[parameter.key] ?? ''}
          onChange={(value) => state.setValue(parameter.key, value)}
        />
      ))}
    </Stack>
  )
}

type InputProps = { parameter: Parameter; value: string; onChange: (value: string) => void }

function ParameterInput({ parameter, value, onChange }: InputProps) {
  const { name, place, description, required, secret, type, choices } = parameter
  const shared = {
    label: required ? name : `${name} (${place})`,
    description,
    placeholder: defaultOf(parameter),
    withAsterisk: required,
  }
  const data = choices.length > 0 ? choices : type === 'boolean' ? ['true', 'false'] : []
  if (data.length > 0)
    return (
      <Select
        {...shared}
        data={[...new Set(data)]}
        value={value === '' ? null : value}
        onChange={(next) => onChange(next ?? '')}
        clearable
      />
    )
  const Input = secret ? PasswordInput : TextInput
  return (
    <Input {...shared} value={value} onChange={(event) => onChange(event.currentTarget.value)} autoComplete="off" />
  )
}

function defaultOf({ default: text }: Parameter): string {
  if (text === null) return ''
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
