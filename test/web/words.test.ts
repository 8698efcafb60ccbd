/** The app's words: each goes through the translation function, and each has its French. */

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { IntlMessageFormat } from 'intl-messageformat'
import ts from 'typescript'
import { CATALOGUE } from '../../src/error-codes.ts'
import { FRENCH, PARTS } from '../../web/src/lib/i18n/fr/index.ts'
import { TITLES } from '../../web/src/lib/notices/error-words.ts'
import { EXAMPLE_NAMES, readExample } from '../helpers/examples.ts'

const ROOT = join(import.meta.dirname, '../../web/src')

/** Attributes and fields that pages show. */
const SHOWN = new Set(
  `label title aria-label placeholder description alt text action explanation note nothingFoundMessage what timeWords
   data-head message error heading word does field info detail`.split(/\s+/),
)
const SHOWN_CALLS = new Set(['notifyDone', 'useDocumentTitle'])
const LITERAL_ELEMENTS = new Set(['Code', 'Kbd', 'code', 'kbd', 'pre'])
/** What is the same in all languages: names, and examples of what to type. */
const SAME = new Set(
  `ada@example.com, bob@example.com|api.hrflow.ai:443|0.8, true, ["a", "b"]|CSV|JSON|Python|URL|Slack|Teams|Webhook|HrFlow
  |Greenhouse|Workable|Recruitee|Ashby|Teamtailor|Typeform|Indeed Apply|Twilio|GitHub|Stripe|Standard Webhooks
  |{ "type": "object", "required": ["email"] }|my laptop|(name, default)|Shift Alt F|Shift S|Enter|TypeScript|json|text/plain; charset=utf-8`
    .split('|')
    .map((word) => word.trim()),
)
/** Values that are sent to the server, tables of examples, and messages that only programmers see. */
const NOT_SHOWN =
  /^(lib\/i18n\/|lib\/examples\.ts|main\.tsx|app\/theme\.ts|features\/workflows\/editor\/test\/(samples|test-request)\.ts|features\/workflows\/overview\/curl\.ts)/

type Found = { readonly path: string; readonly line: number; readonly text: string }

const sources = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !NOT_SHOWN.test(path))
  .map((path) => parse(path, readFileSync(join(ROOT, path), 'utf8')))

function parse(path: string, text: string): ts.SourceFile {
  const kind = path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind)
}

const isTranslation = (node: ts.Node): node is ts.CallExpression =>
  ts.isCallExpression(node) && ts.isIdentifier(node.expression) && /^(t|rich)$/.test(node.expression.text)

/** The English texts that a file translates, `filled` with values or not; `odd` are arguments that no test can follow. */
type Keys = { readonly keys: readonly string[]; readonly filled: readonly string[]; readonly odd: readonly Found[] }

function keysOf(source: ts.SourceFile): Keys {
  const keys: string[] = []
  const filled: string[] = []
  const odd: Found[] = []
  const take = (node: ts.Expression, isFilled: boolean): void => {
    if (ts.isStringLiteralLike(node)) (isFilled ? filled : keys).push(node.text)
    else if (ts.isConditionalExpression(node)) for (const each of [node.whenTrue, node.whenFalse]) take(each, isFilled)
    else odd.push(at(source, node))
  }
  const visit = (node: ts.Node): void => {
    if (isTranslation(node) && node.arguments[0] !== undefined) take(node.arguments[0], node.arguments.length > 1)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return { keys, filled, odd }
}

/** Words that a page would show in English whatever its language. */
function untranslated(source: ts.SourceFile): readonly Found[] {
  const found: Found[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return
    if (isTranslation(node)) {
      node.arguments.slice(1).forEach(visit)
      return
    }
    if (ts.isJsxElement(node) && LITERAL_ELEMENTS.has(node.openingElement.tagName.getText(source))) return
    if (ts.isJsxText(node) ? hasWords(node.text) && !SAME.has(node.text.trim()) : isShown(node)) {
      found.push(at(source, node))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** A literal in a place that is shown, or that reads like a sentence. */
function isShown(node: ts.Node): boolean {
  if (!ts.isStringLiteralLike(node) && !ts.isTemplateExpression(node)) return false
  if (ts.isPropertyAssignment(node.parent) && node.parent.name === node) return false
  const pieces = ts.isStringLiteralLike(node) ? [node.text] : piecesOf(node)
  if (pieces.some((piece) => SAME.has(piece.trim()))) return false
  return (
    pieces.some(isSentence) || (isInShownPlace(node) && pieces.some((piece) => hasWords(piece) && !isTechnical(piece)))
  )
}

const piecesOf = (node: ts.TemplateExpression): readonly string[] => [
  node.head.text,
  ...node.templateSpans.map(({ literal }) => literal.text),
]

/** Whether its value is that of a shown attribute, field or call, perhaps as one branch of a condition. */
function isInShownPlace(node: ts.Node): boolean {
  const { parent } = node
  if (ts.isConditionalExpression(parent)) return parent.condition !== node && isInShownPlace(parent)
  if (ts.isParenthesizedExpression(parent) || ts.isJsxExpression(parent)) return isInShownPlace(parent)
  if (ts.isBinaryExpression(parent)) {
    const isChoice = /^(\?\?|\|\|)$/.test(parent.operatorToken.getText())
    return isChoice && parent.right === node && isInShownPlace(parent)
  }
  if (ts.isJsxAttribute(parent)) return SHOWN.has(parent.name.getText())
  if (ts.isJsxElement(parent) || ts.isJsxFragment(parent)) return true
  if (ts.isPropertyAssignment(parent)) {
    return parent.initializer === node && SHOWN.has(parent.name.getText().replace(/['"]/g, '')) && isWord(node)
  }
  return ts.isCallExpression(parent) && SHOWN_CALLS.has(parent.expression.getText())
}

/** Fields such as `what: 'changed'` also hold values that programs compare. */
const isWord = (node: ts.Node): boolean => /^['"`]([A-Z]|.* )/.test(node.getText())

const hasWords = (text: string): boolean => /\p{L}{2}/u.test(text)

const isSentence = (text: string): boolean =>
  /^[\s,.·]*[A-Z“]?[\p{L}’]+[,:;.]? +[\p{L}’(“]{2,}/u.test(text) &&
  /[A-Z“]|[.,:;]$| \w+ \w+ /.test(text) &&
  !/[{};=<>\\]|--|var\(|px\b|^\S+: |^[a-z -]+$|\d(px|fr)/.test(text)

/** Addresses, codes and names of headers. */
const isTechnical = (text: string): boolean =>
  /^([a-z]+:\/\/|var\(|[./#?&])/.test(text) || (!text.includes(' ') && /[_.\-…/·\d]|^[A-Z]+$/.test(text))

function at(source: ts.SourceFile, node: ts.Node): Found {
  const { line } = source.getLineAndCharacterOfPosition(node.getStart(source))
  return { path: source.fileName, line: line + 1, text: node.getText(source).trim().slice(0, 80) }
}

const ALL = sources.map(keysOf)
const ofExamples = keysOf(parse('lib/examples.ts', readFileSync(join(ROOT, 'lib/examples.ts'), 'utf8')))
const EXAMPLES = [
  ...ofExamples.keys,
  ...EXAMPLE_NAMES.map(readExample).flatMap(({ title, description }) => [title, description]),
]

test('every word of the app goes through the translation function', () => {
  assert.ok(sources.length > 200, `only ${sources.length} files were found`)
  assert.deepEqual(sources.flatMap(untranslated), [], 'wrap them in t(…) or rich(…) of web/src/lib/i18n')
  assert.deepEqual(
    ALL.flatMap(({ odd }) => odd),
    [],
    'pass the English text itself',
  )
})

test('words that skip it are found', () => {
  const code = `
    const page = <Panel title="Your runs" aside={many ? 'Too many' : t('Few')}>
      Some text <b>{t('More')}</b> <Code>npm start</Code>
    </Panel>
    const table = { word: 'Failed', color: 'red' }
    notifyDone(\`Deleted \${count}.\`)
    const words = 'The server is not reachable.'`
  assert.deepEqual(
    untranslated(parse('page.tsx', code)).map(({ text }) => text.replace(/ \$.*/, '')),
    ['"Your runs"', "'Too many'", 'Some text', "'Failed'", '`Deleted', "'The server is not reachable.'"],
  )
})

test('every English text has its French, and every French text is used', () => {
  const keys = new Set([...ALL.flatMap(({ keys, filled }) => [...keys, ...filled]), ...EXAMPLES])
  const missing = [...keys].filter((key) => FRENCH[key] === undefined)
  assert.deepEqual(missing, [], 'add them to web/src/lib/i18n/fr')
  assert.deepEqual(
    Object.keys(FRENCH).filter((key) => !keys.has(key)),
    [],
    'remove them from web/src/lib/i18n/fr',
  )
  const all = PARTS.flatMap((part) => Object.keys(part))
  assert.deepEqual(
    all.filter((key, index) => all.indexOf(key) !== index),
    [],
    'in two files',
  )
})

test('words that a French reader found odd are French', () => {
  const words = ['replay', 'Fresh', 'Reuse', 'Request size limit'].map((word) => FRENCH[word])
  assert.deepEqual(words, ['rejeu', 'Processus neuf', 'Processus réutilisé', 'Taille maximale de la requête'])
  assert.equal(
    Object.values(FRENCH).some((text) => /vous êtes invité /i.test(text)),
    false,
  )
})

test('the app has a title for every error of the API, in English the same', () => {
  const wrong = Object.entries(CATALOGUE).filter(([code, { title }]) => TITLES[code] !== title)
  assert.deepEqual(wrong, [])
})

test('the French has the places and elements of the English, and French spaces and quotes', () => {
  const named = (text: string) => [...new Set(placesOf(new IntlMessageFormat(text, 'fr').getAst()))].sort()
  const filled = new Set(ALL.flatMap((keys) => keys.filled))
  const wrong = Object.entries(FRENCH).flatMap(([english, french]) => {
    const problems = [
      /[\p{L}\d»)] [:;?!»]|« [^\u00a0]/u.test(french) ? 'an ordinary space before : ; ? ! or within « »' : '',
      /[\p{L}»)][;?!](\s|$)|\p{L}:\s/u.test(french.replace('Authorization:', '')) &&
      !/\{\w+, (plural|select)/.test(french)
        ? 'no space before : ; ? !'
        : '',
      /\p{L}['"]\p{L}|“|”/u.test(french) ? 'straight or English quotes' : '',
      filled.has(english) && named(english).join() !== named(french).join() ? 'other places' : '',
    ]
    return problems.filter(Boolean).map((problem) => `${problem}: ${french}`)
  })
  assert.deepEqual(wrong, [])
})

type Ast = ReturnType<IntlMessageFormat['getAst']>

function placesOf(ast: Ast): readonly string[] {
  return ast.flatMap((part) => [
    ...('value' in part && part.type !== 0 ? [part.value] : []),
    ...('options' in part ? Object.values(part.options).flatMap(({ value }) => placesOf(value)) : []),
    ...('children' in part ? placesOf(part.children) : []),
  ])
}
