import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { McpFacts } from './server.ts'

const ROOT = join(import.meta.dirname, '../../..')

export function readMcpFacts(): McpFacts {
  const { version }: { version: string } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  return { version, guide: readFileSync(join(ROOT, 'docs/guides/functions.md'), 'utf8') }
}
