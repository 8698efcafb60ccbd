import { Type } from 'typebox'
import { KINDS } from '../../../domain/shared/kind.ts'
import { nullable, strict } from '../../../domain/shared/schemas.ts'
import { type ApiRoute, route } from '../common/routes.ts'

const tags = ['Environments']

const ProgramFields = {
  id: Type.String(),
  connector: Type.String(),
  action: Type.String(),
  kind: Type.Enum([...KINDS]),
  generation: Type.String({ description: 'Generation of connectors in the package: v1 or v2' }),
  incremental: Type.Boolean({ description: 'Whether the program can read only data that is new since its last run' }),
}
const Connectors = Type.Object({
  version: Type.String({ description: 'Version of the package hrflow-connectors' }),
  data: Type.Array(Type.Object(ProgramFields)),
})
const ConnectorProgram = Type.Object({
  ...ProgramFields,
  source: Type.String({ description: 'Of a workflow, with its packages and Python in a block' }),
  parameters: Type.Array(
    Type.Object({
      key: Type.String({ description: 'The setting that holds it' }),
      name: Type.String(),
      place: Type.String({ description: 'Whose it is: the connector, or HrFlow' }),
      description: Type.String(),
      type: Type.String({ description: 'As in JSON Schema' }),
      choices: Type.Array(Type.String()),
      required: Type.Boolean(),
      secret: Type.Boolean(),
      default: nullable(Type.String({ description: 'JSON text' })),
    }),
  ),
})

/** The routes may install the package. */
const config = { scope: 'write', anyEditor: true } as const

export const connectorRoutes: readonly ApiRoute[] = [
  route.get(
    '/connectors',
    {
      config,
      tags,
      summary: 'List the programs of the connectors in hrflow-connectors',
      description: 'The package says what it has, in a sandbox. The first call installs it on a Python 3.9 or 3.10.',
      response: { 200: Connectors },
    },
    async (_request, { connectors }) => {
      const { version, programs } = await connectors.list()
      return { version, data: programs.map(({ source, parameters, ...program }) => program) }
    },
  ),

  route.get(
    '/connectors/:id',
    {
      config,
      tags,
      summary: 'Read a program of a connector: its parameters, and the source of a workflow',
      description:
        'With `incremental`, the source keeps what the connector has read in the setting `connector_state`, which is written ' +
        "in the run's own transaction; it is used where the setting `__incremental` is `enable`.",
      querystring: strict({ incremental: Type.Optional(Type.Boolean({ default: false })) }),
      response: { 200: ConnectorProgram },
    },
    async ({ params, query }, { connectors }) => {
      const { program, source } = await connectors.find(params.id, query.incremental === true)
      return {
        ...program,
        parameters: [...program.parameters].map((one) => ({ ...one, choices: [...one.choices] })),
        source,
      }
    },
  ),
]
