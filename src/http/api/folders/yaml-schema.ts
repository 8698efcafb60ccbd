import { FolderYaml } from './read-folder.ts'

export function createYamlSchema(): Readonly<Record<string, unknown>> {
  const about = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'workflow.yaml',
    description: 'The fields of a workflow. One that is left out has its default.',
  }
  return { ...about, ...JSON.parse(JSON.stringify(FolderYaml)) }
}
