/** Reads pip's configuration files: INI, in which a value may go on in indented lines. */

/** Option to value, as the sections `[global]` and `[install]` of the files say; later files win. */
export type PipOptions = Readonly<Record<string, string>>

const SECTIONS = ['global', 'install']

/** Returns the options of one file. What is not understood is ignored, as pip does. */
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

/** `extra-index-url` and `extra_index_url` are the same option. */
const optionOf = (name: string): string => name.trim().toLowerCase().replaceAll('_', '-')

/** `PIP_EXTRA_INDEX_URL` as `extra-index-url`. */
export function pipVariables(variables: Readonly<Record<string, string>>): PipOptions {
  const options = Object.entries(variables).filter(([name, value]) => name.startsWith('PIP_') && value !== '')
  return Object.fromEntries(options.map(([name, value]) => [optionOf(name.slice('PIP_'.length)), value]))
}
