import { t } from '../../../../lib/i18n/t.ts'
import type { Language } from '../../../../lib/kinds.ts'

const MAX_FILES = 50
const MAX_LENGTH = 200
const PYTHON = /^([A-Za-z_]\w*\/)*[A-Za-z_]\w*\.py$/
const SCRIPT = /^([A-Za-z0-9_][A-Za-z0-9_.-]*\/)*[A-Za-z0-9_][A-Za-z0-9_.-]*\.(ts|mts|js|mjs|json)$/
/** The source, and the platform's modules. */
const TAKEN = /^(workflow|workflow_runtime|python|hrflow|requests|__main__)(\.py|\/)|^__init__\.py$|^workflow\.ts$/

/** The server checks again, also standard names. */
export function checkPath(path: string, others: readonly string[], language: Language): string | null {
  const example = language === 'python' ? 'lib/parse.py' : 'lib/parse.ts'
  if (path === '') return t('Enter a path, such as {example}.', { example })
  if (others.length >= MAX_FILES) return t('A version has at most {count} modules.', { count: MAX_FILES })
  if (path.length > MAX_LENGTH) return t('A path has at most {count} characters.', { count: MAX_LENGTH })
  if (!(language === 'python' ? PYTHON : SCRIPT).test(path)) {
    return t('Enter a path of letters, digits and underscores, such as {example}.', { example })
  }
  if (TAKEN.test(path)) return t('The platform uses this name. Choose another one.')
  const same = others.find((other) => other.toLowerCase() === path.toLowerCase())
  if (same !== undefined) return t('{same} already exists.', { same })
  const near = others.find((other) => isInside(other, path) || isInside(path, other))
  return near === undefined ? null : t('{near} would be the same module. Choose another name.', { near })
}

const isInside = (path: string, module: string): boolean => path.startsWith(`${module.replace(/\.py$/, '')}/`)
