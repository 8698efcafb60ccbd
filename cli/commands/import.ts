import { existsSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { folderNameOf } from '../../src/domain/folders/layout.ts'
import type { Context } from '../context.ts'
import { Failure } from '../errors.ts'
import { writeFolder } from '../folders/local.ts'
import { importLambda } from '../importers/lambda.ts'
import { importPipedream } from '../importers/pipedream.ts'
import { writeReport } from '../importers/report.ts'

export const IMPORT_KINDS = ['pipedream', 'lambda'] as const

export type ImportOptions = { readonly name?: string; readonly handler?: string; readonly json: boolean }

/** Throws a Failure for an invalid export or an existing folder. */
export function importWorkflow(
  { environment, terminal }: Context,
  from: string,
  path: string,
  { name, handler, json }: ImportOptions,
): void {
  const source = resolve(environment.cwd, path)
  const imported =
    from === 'lambda'
      ? importLambda(source, { ...(name && { name }), ...(handler && { handler }) })
      : importPipedream(source, name)
  const folderName = folderNameOf(imported.name)
  const folder = join(environment.cwd, folderName)
  if (existsSync(folder)) throw new Failure(`${folder} is there already: choose another name with --name.`)
  writeFolder(folder, imported.files, [])
  writeFileSync(join(folder, 'IMPORT.md'), writeReport(imported, from === 'lambda' ? 'AWS Lambda' : 'Pipedream'))
  const { carriedOver, notCarriedOver } = imported
  if (json) {
    terminal.json({
      folder: folderName,
      name: imported.name,
      carried_over: carriedOver,
      not_carried_over: notCarriedOver,
    })
    return
  }
  terminal.print(`${folderName}/ is made. Its IMPORT.md says what to do next.`)
  for (const line of carriedOver) terminal.print(`  carried over: ${line}`)
  for (const line of notCarriedOver) terminal.print(`  not carried over: ${line}`)
}
