import type { Command } from 'commander'
import type { Context } from '../context.ts'

export const COMPLETION_SHELLS = ['bash', 'zsh', 'fish'] as const

export function completion({ terminal }: Context, shell: string, program: Command): void {
  const commands = program.commands.map((command) => command.name())
  terminal.print(shell === 'fish' ? fish(program) : shell === 'zsh' ? zsh(commands) : bash(commands))
}

const bash = (commands: readonly string[]): string => `_workflows() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${commands.join(' ')}" -- "$word"))
  else COMPREPLY=($(compgen -d -- "$word")); fi
}
complete -F _workflows workflows`

const zsh = (commands: readonly string[]): string => `#compdef workflows
_workflows() {
  if (( CURRENT == 2 )); then compadd ${commands.join(' ')}
  else _files -/; fi
}
compdef _workflows workflows`

const fish = (program: Command): string =>
  program.commands
    .map(
      (command) =>
        `complete -c workflows -n __fish_use_subcommand -a ${command.name()} -d '${command.description().replaceAll("'", "\\'")}'`,
    )
    .join('\n')
