import { useState } from 'react'
import { queryKeys } from '../../../../lib/client/query-keys.ts'
import { useGet, useRows } from '../../../../lib/client/use-get.ts'
import type { Example } from '../../../../lib/examples.ts'
import { t } from '../../../../lib/i18n/t.ts'
import type { Kind } from '../../../../lib/requests/get-workflow.ts'

type Connectors = NonNullable<ReturnType<typeof useConnectors>['data']>
type ConnectorProgram = NonNullable<ReturnType<typeof useConnectorProgram>['data']>
export type Parameter = ConnectorProgram['parameters'][number]

const SLUG = 'hrflow-connector'

export const connectorExample = (kind: Kind): Example => ({
  ...{ slug: SLUG, title: t('HrFlow connector'), kind, properties: [] },
  code: { python: async () => '', javascript: null },
  description: t('A program of the package hrflow-connectors between HrFlow and another tool.'),
})

export const isConnector = ({ slug }: Example): boolean => slug === SLUG

export type ConnectorState = ReturnType<typeof useConnectorState>

export function useConnectorState(start: Example) {
  const connectors = useConnectors(isConnector(start))
  const [connector, setConnector] = useState<string | null>(null)
  const [id, setId] = useState<string | null>(null)
  const [incremental, setIncremental] = useState(false)
  const [values, setValues] = useState<Readonly<Record<string, string>>>({})
  const ofKind = (connectors.data ?? []).filter(({ kind }) => kind === start.kind)
  const actions = ofKind.filter((one) => nameOf(one) === connector)
  // The chosen action may have the previous kind.
  const chosen = actions.find((one) => one.id === id) ?? (actions.length === 1 ? actions[0] : undefined)
  const program = useConnectorProgram(chosen?.id ?? null, incremental && chosen?.incremental === true)
  return {
    ...{ connectors, connector, setConnector, setId, incremental, setIncremental, values, chosen, actions, program },
    setValue: (key: string, value: string) => setValues((before) => ({ ...before, [key]: value })),
    names: [...new Set(ofKind.map(nameOf))].sort((one, other) => one.localeCompare(other)),
    example: program.data === undefined || chosen === undefined ? null : toExample(program.data, values, incremental),
  }
}

/** New workflows should use the second generation. */
const nameOf = ({ connector, generation }: Connectors[number]): string =>
  generation === 'v2' ? connector : `${connector} (${generation})`

function toExample(program: ConnectorProgram, values: Readonly<Record<string, string>>, incremental: boolean): Example {
  const { connector, action, kind, source, parameters } = program
  const given = parameters
    .filter(({ key, required }) => required || (values[key] ?? '') !== '')
    .map((parameter) => ({
      ...{ name: parameter.key, secret: parameter.secret, isJson: true },
      value: toJson(parameter, values[parameter.key] ?? ''),
    }))
  const mode = { name: '__incremental', secret: false, isJson: true, value: '"enable"' }
  return {
    ...connectorExample(kind),
    description: t('{connector}: {action}, by hrflow-connectors.', { connector, action: action.replaceAll('_', ' ') }),
    code: { python: async () => source, javascript: null },
    properties: incremental && program.incremental ? [...given, mode] : given,
  }
}

function toJson({ type }: Pick<Parameter, 'type'>, text: string): string {
  const typed = text.trim()
  if (typed === '') return ''
  if (type === 'boolean' && /^(true|false)$/.test(typed)) return typed
  if ((type === 'integer' || type === 'number') && Number.isFinite(Number(typed))) return String(Number(typed))
  if ((type === 'array' && typed.startsWith('[')) || (type === 'object' && typed.startsWith('{'))) {
    try {
      return JSON.stringify(JSON.parse(typed))
    } catch {
      // The connector reports invalid JSON.
    }
  }
  if (type === 'array') return JSON.stringify(typed.split(',').map((part) => part.trim()))
  return JSON.stringify(text)
}

const HOUR_MS = 3600_000

/** Installs the package, which takes seconds. */
const useConnectors = (isWanted: boolean) =>
  useRows(queryKeys.connectors, ['/api/connectors'], { enabled: isWanted, staleTime: HOUR_MS, retry: false })

const useConnectorProgram = (id: string | null, incremental: boolean) =>
  useGet(
    queryKeys.connector(id ?? '', incremental),
    ['/api/connectors/{id}', { path: { id: id ?? '' }, query: { incremental } }],
    { enabled: id !== null, staleTime: HOUR_MS, retry: false },
  )
