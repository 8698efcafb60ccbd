import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { python, pythonLanguage } from '@codemirror/lang-python'
import {
  bracketMatching,
  foldGutter,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from '@codemirror/language'
import { lintGutter } from '@codemirror/lint'
import { EditorState, type Extension, Prec } from '@codemirror/state'
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view'
import { tags } from '@lezer/highlight'

type Actions = { onSave: () => void; onTest: () => void }

/** What an editor of Python functions needs, in the app's colours. */
export function editorExtensions({ onSave, onTest }: Actions): Extension {
  return [
    // Before the default keys, which use Mod-Enter for a new line.
    Prec.highest(
      keymap.of([
        {
          key: 'Mod-s',
          preventDefault: true,
          run: () => {
            onSave()
            return true
          },
        },
        {
          key: 'Mod-Enter',
          preventDefault: true,
          run: () => {
            onTest()
            return true
          },
        },
      ]),
    ),
    lineNumbers(),
    foldGutter(),
    lintGutter(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    history(),
    drawSelection(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    autocompletion(),
    indentUnit.of('    '),
    EditorState.tabSize.of(4),
    keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, ...completionKeymap, indentWithTab]),
    EditorView.contentAttributes.of({
      tabindex: '0',
      'aria-label': 'Code of the function. Press Escape, then Tab, to leave.',
    }),
    readingExtensions(),
  ]
}

/** Python in colours, for reading. */
export function readingExtensions(): Extension {
  return [python(), syntaxHighlighting(colours), look]
}

/** Completes the names of this workflow's settings, and what a request has. */
export function settingsCompletion(names: readonly string[]): Extension {
  const complete = (context: CompletionContext): CompletionResult | null => {
    const setting = context.matchBefore(/settings(?:\.get\(|\[)\s*["']\w*/)
    if (setting !== null) {
      const from = setting.from + Math.max(setting.text.lastIndexOf('"'), setting.text.lastIndexOf("'")) + 1
      return { from, options: names.map((label) => ({ label, type: 'property' })), validFor: /^\w*$/ }
    }
    const request = context.matchBefore(/_request\.\w*/)
    return request === null
      ? null
      : { from: request.from + '_request.'.length, options: REQUEST_PARTS, validFor: /^\w*$/ }
  }
  return pythonLanguage.data.of({ autocomplete: complete })
}

const REQUEST_PARTS = [
  { label: 'get', type: 'method', detail: '(name, default)', info: 'A field of the body, or a header' },
  { label: 'headers', type: 'property', info: 'The headers alone: a body can’t spoof them' },
  { label: 'body', type: 'property', info: 'The raw body as bytes, for signatures' },
  { label: 'query', type: 'property', info: 'The query parameters' },
  { label: 'method', type: 'property' },
  { label: 'url', type: 'property' },
]

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: 'var(--wf-code-keyword)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--wf-code-string)' },
  { tag: [tags.number, tags.bool, tags.null, tags.self], color: 'var(--wf-code-number)' },
  {
    tag: [
      tags.function(tags.variableName),
      tags.function(tags.propertyName),
      tags.definition(tags.className),
      tags.className,
    ],
    color: 'var(--wf-code-name)',
  },
  { tag: [tags.comment], color: 'var(--wf-code-comment)', fontStyle: 'italic' },
])

const look = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'transparent', color: 'var(--mantine-color-text)', fontSize: '13px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mantine-font-family-monospace)', lineHeight: '1.6', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--mantine-color-text)', padding: '8px 0' },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--wf-code-comment)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': {
    backgroundColor: 'color-mix(in srgb, var(--mantine-color-text) 5%, transparent)',
  },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in srgb, var(--mantine-primary-color-filled) 28%, transparent)',
  },
  '.cm-matchingBracket': {
    backgroundColor: 'color-mix(in srgb, var(--mantine-primary-color-filled) 22%, transparent)',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--wf-raised)',
    border: '1px solid var(--wf-line)',
    borderRadius: '4px',
    color: 'var(--mantine-color-text)',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--mantine-primary-color-filled)',
    color: '#fff',
  },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--wf-bad)' },
  '.cm-changedLine': { backgroundColor: 'color-mix(in srgb, var(--wf-good) 12%, transparent)' },
  '.cm-deletedChunk .cm-deletedText, .cm-changedText': { background: 'none', textDecoration: 'none' },
  '.cm-deletedChunk': { backgroundColor: 'color-mix(in srgb, var(--wf-bad) 9%, transparent)' },
})
