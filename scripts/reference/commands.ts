import type { Command } from 'commander'
import type { Context } from '../../cli/context.ts'
import { createProgram } from '../../cli/program.ts'
import { table } from './table.ts'

export function describeCommands(): string {
  // No command runs, so none uses its context.
  const program = createProgram({ terminal: {} } as Context, '')
  return ['## Commands', ...program.commands.flatMap((command) => describe(command, ''))].join('\n\n')
}

function describe(command: Command, parent: string): readonly string[] {
  const name = `${parent}${command.name()}`
  const children = command.commands.flatMap((child) => describe(child, `${name} `))
  if (children.length > 0 && command.registeredArguments.length === 0) return children
  const args = command.registeredArguments.map((argument) => {
    const text = `${argument.name()}${argument.variadic ? '…' : ''}`
    return argument.required ? `<${text}>` : `[${text}]`
  })
  const usage = `\`workflows ${[name, ...args].join(' ')}\``
  const options = command.options.map(({ flags, description }) => [`\`${flags}\``, description])
  return [
    `### ${name}`,
    `${usage}: ${command.description()}.`,
    ...(options.length === 0 ? [] : [table(['option', 'meaning'], options)]),
    ...children,
  ]
}
