/** Sets of packages that the benchmarks of packages use. */

export type PackageSet = {
  readonly name: string
  readonly dependencies: readonly string[]
  readonly requiresPython: string
  /** What code that uses them imports. */
  readonly imports: readonly string[]
}

const ANY = '>=3.10'

export const SETS: readonly PackageSet[] = [
  {
    name: 'hrflow-connectors',
    dependencies: ['hrflow-connectors==4.28.0'],
    requiresPython: '>=3.9,<3.11',
    imports: ['hrflow_connectors'],
  },
  { name: 'pandas', dependencies: ['pandas'], requiresPython: ANY, imports: ['pandas'] },
  {
    name: 'lxml + feedparser',
    dependencies: ['lxml', 'feedparser'],
    requiresPython: ANY,
    imports: ['lxml.etree', 'feedparser'],
  },
  { name: 'boto3', dependencies: ['boto3'], requiresPython: ANY, imports: ['boto3'] },
  {
    name: 'fastapi + httpx + pydantic',
    dependencies: ['fastapi', 'httpx', 'pydantic'],
    requiresPython: ANY,
    imports: ['fastapi', 'httpx', 'pydantic'],
  },
]

/** A source whose block asks for the packages of a set. */
export function declare({ dependencies, requiresPython }: PackageSet, body: string): string {
  const lines = [`requires-python = "${requiresPython}"`, `dependencies = ${JSON.stringify(dependencies)}`]
  return `# /// script\n${lines.map((line) => `# ${line}\n`).join('')}# ///\n${body}`
}
