import { Type } from 'typebox'
import type { Api, ApiContext } from '../common/api.ts'
import { documentedResponses } from '../common/problem-schema.ts'
import { pageOf } from '../common/schemas.ts'

const Tag = Type.Object({
  name: Type.String(),
  workflows: Type.Integer({ minimum: 1, description: 'How many workflows have the tag' }),
})

export function addTagRoutes(app: Api, { store }: ApiContext): void {
  app.get(
    '/tags',
    {
      schema: {
        tags: ['Workflows'],
        summary: 'List the tags of workflows by name',
        description: 'Reads the newest 20,000 workflows that have tags.',
        response: documentedResponses(200, pageOf(Tag)),
      },
    },
    async () => ({ data: [...(await store.listTags())], next_cursor: null }),
  )
}
