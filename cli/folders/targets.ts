import { type FolderFiles, YAML_NAME } from '../../src/domain/folders/layout.ts'
import { parseWorkflowYaml } from '../../src/domain/folders/yaml.ts'
import { Failure } from '../errors.ts'
import type { Connection } from '../session.ts'
import { readState } from './state.ts'
import { getOrNull, listWorkflows, type Workflow } from './workflows.ts'

export async function findOwn(
  { client, url }: Connection,
  folder: string,
  files: FolderFiles,
): Promise<Workflow | null> {
  const state = readState(folder)
  if (state !== null && state.url === url) {
    const kept = await getOrNull(client, state.id)
    if (kept !== null) return kept
  }
  const { name } = parseWorkflowYaml(files.get(YAML_NAME) ?? '')
  if (typeof name !== 'string') throw new Failure(`${folder}/${YAML_NAME}: expected a name, found none.`)
  const found = (await listWorkflows(client, name)).filter((workflow) => workflow.name === name)
  if (found.length < 2) return found[0] ?? null
  throw new Failure(
    `There are ${found.length} workflows "${name}" on ${url}: rename one, or pull one by its id: ${found.map(({ id }) => id).join(', ')}`,
  )
}
