/** INI with values that continue on indented lines. */

export type PipOptions = Readonly<Record<string, string>>

const SECTIONS = ['global', 'install']

export function parsePipFile(text: string): PipOptions {
  const found: Record<string, Record<string, string>> = {}
  let section = ''
  let key: string | null = null
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*[#;]/.test(line) || line.trim() === '') continue
    const header = /^\[([^\]]*)\]/.exec(line)?.[1]
    if (header !== undefined) {
      section = header.trim().toLowerCase()
      key = null
    } else if (/^\s/.test(line) && key !== null) {
      const options = found[section] ?? {}
      options[key] = `${options[key] ?? ''} ${line.trim()}`.trim()
    } else {
      const at = line.search(/[=:]/)
      key = at < 1 ? null : optionOf(line.slice(0, at).trimEnd())
      if (key !== null) found[section] = { ...found[section], [key]: line.slice(at + 1).trim() }
    }
  }
  return Object.assign({}, ...SECTIONS.map((name) => found[name] ?? {}))
}

const optionOf = (name: string): string => name.trim().toLowerCase().replaceAll('_', '-')

export function pipVariables(variables: Readonly<Record<string, string>>): PipOptions {
  const options = Object.entries(variables).filter(([name, value]) => name.startsWith('PIP_') && value !== '')
  return Object.fromEntries(options.map(([name, value]) => [optionOf(name.slice('PIP_'.length)), value]))
}
