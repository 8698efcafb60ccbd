/** Finds the regular expressions of the project's own files. */

import { execFileSync } from 'node:child_process'
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'
import { readSources, type Source } from '../sources.ts'

export type Pattern = {
  /** File and line. */
  readonly place: string
  readonly source: string
  readonly flags: string
}

const FOLDERS = ['src', 'web/src', 'cli', 'client', 'runtimes', 'scripts']
/** Stands for the parts of a pattern that are known only when it runs. */
const UNKNOWN = 'x'

export function findPatterns(): readonly Pattern[] {
  const files = readSources(FOLDERS, (path) => /\.(?:[cm]?[jt]s|tsx|py)$/.test(path))
  const scripts = files.filter(({ path }) => !path.endsWith('.py'))
  const python = files.flatMap(({ path }) => (path.endsWith('.py') ? [path] : []))
  return [...scriptPatterns(scripts), ...pythonPatterns(python)]
}

function scriptPatterns(files: readonly Source[]): readonly Pattern[] {
  const trees = new Map<string, ts.SourceFile>()
  for (const { path, text } of files) {
    if (/\bRegExp\b|\/|TOKEN/.test(text)) trees.set(path, ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true))
  }
  const found: Pattern[] = []
  for (const [path, tree] of trees) {
    const visit = (node: ts.Node): void => {
      const pattern = patternOf(node, trees)
      const line = tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1
      if (pattern !== null) found.push({ place: `${path}:${line}`, ...pattern })
      ts.forEachChild(node, visit)
    }
    visit(tree)
  }
  return found
}

function patternOf(node: ts.Node, trees: ReadonlyMap<string, ts.SourceFile>): Omit<Pattern, 'place'> | null {
  if (ts.isRegularExpressionLiteral(node)) {
    const end = node.text.lastIndexOf('/')
    return { source: node.text.slice(1, end), flags: node.text.slice(end + 1) }
  }
  if (!ts.isNewExpression(node) && !ts.isCallExpression(node)) return null
  const [source, flags] = node.arguments ?? []
  if (node.expression.getText() !== 'RegExp' || source === undefined) return null
  return { source: textOf(source, trees), flags: flags === undefined ? '' : textOf(flags, trees) }
}

function textOf(node: ts.Expression, trees: ReadonlyMap<string, ts.SourceFile>): string {
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isTaggedTemplateExpression(node)) return templateText(node.template, trees, true)
  if (ts.isTemplateExpression(node)) return templateText(node, trees, false)
  if (ts.isBinaryExpression(node)) return textOf(node.left, trees) + textOf(node.right, trees)
  if (ts.isIdentifier(node)) return constantText(node.text, node.getSourceFile(), trees)
  if (ts.isPropertyAccessExpression(node) && node.name.text === 'source') return textOf(node.expression, trees)
  if (ts.isRegularExpressionLiteral(node)) return node.text.slice(1, node.text.lastIndexOf('/'))
  return UNKNOWN
}

function templateText(node: ts.TemplateLiteral, trees: ReadonlyMap<string, ts.SourceFile>, isRaw: boolean): string {
  const own = (part: ts.TemplateLiteralLikeNode): string => (isRaw ? (part.rawText ?? '') : part.text)
  if (!ts.isTemplateExpression(node)) return own(node)
  return own(node.head) + node.templateSpans.map((span) => textOf(span.expression, trees) + own(span.literal)).join('')
}

/** The text of a constant of the file, or of one that it imports by a relative path. */
function constantText(name: string, tree: ts.SourceFile, trees: ReadonlyMap<string, ts.SourceFile>): string {
  for (const statement of tree.statements) {
    if (ts.isVariableStatement(statement)) {
      const made = statement.declarationList.declarations.find((one) => one.name.getText() === name)
      if (made?.initializer !== undefined) return textOf(made.initializer, trees)
    }
    if (ts.isImportDeclaration(statement) && statement.importClause?.namedBindings !== undefined) {
      const from = (statement.moduleSpecifier as ts.StringLiteral).text
      const other = trees.get(normalize(join(dirname(tree.fileName), from)))
      const names = statement.importClause.namedBindings.getText().split(/\W+/)
      if (names.includes(name) && other !== undefined) return constantText(name, other, trees)
    }
  }
  return UNKNOWN
}

/** Patterns of Python, written as JavaScript's. */
function pythonPatterns(paths: readonly string[]): readonly Pattern[] {
  const output = execFileSync('python3', [join(import.meta.dirname, 'python.py'), ...paths], { encoding: 'utf8' })
  const found: readonly [path: string, line: number, source: string, flags: string][] = JSON.parse(output)
  return found.map(([path, line, source, flags]) => ({
    place: `${path}:${line}`,
    source: source
      .replaceAll('(?P<', '(?<')
      .replaceAll(/\\Z/g, '$(?![^])')
      .replaceAll(/\(\?P=(\w+)\)/g, '\\k<$1>'),
    flags,
  }))
}
