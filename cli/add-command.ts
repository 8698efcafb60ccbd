import { type Command, Option } from 'commander'
import type { Context } from './context.ts'

export const JSON_FLAG = ['--json', 'print JSON', false] as const

type Flag = Option | readonly [flags: string, about: string, preset?: string | false]
type Act = (context: Context, ...given: never[]) => void | Promise<void>

/** `act` gets the context, the arguments and the options. */
export type Add = (parent: Command, name: string, about: string, act: Act, flags?: readonly Flag[]) => Command

export function adderOf(context: Context): Add {
  return (parent, name, about, act, flags = []) => {
    const command = parent.command(name).description(about)
    for (const flag of flags) {
      if (flag instanceof Option) command.addOption(flag)
      else command.option(...flag)
    }
    // The last value is the command.
    return command.action((...given) => act(context, ...(given.slice(0, -1) as never[])))
  }
}
