import { closeBrackets, closeBracketsKeymap, completionKeymap } from '@codemirror/autocomplete'
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands'
import { javascript } from '@codemirror/lang-javascript'
import { python } from '@codemirror/lang-python'
import {
  bracketMatching,
  foldGutter,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from '@codemirror/language'
import { lintGutter } from '@codemirror/lint'
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search'
import { EditorState, type Extension, Prec } from '@codemirror/state'
import {
  crosshairCursor,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  rectangularSelection,
} from '@codemirror/view'
import { tags } from '@lezer/highlight'
import { t } from '../../../../lib/i18n/t.ts'
import { type Language, languageOfCode } from '../../../../lib/kinds.ts'
import { PHRASES } from './phrases.ts'

type Options = { onFormat: () => void; language: Language; path: string | null }

export function editorExtensions({ onFormat, language, path }: Options): Extension {
  return [
    // The default keys use Mod-Enter for a new line.
    Prec.highest(
      keymap.of([
        { key: 'Mod-Enter', run: () => true },
        {
          key: 'Shift-Alt-f',
          preventDefault: true,
          run: () => {
            onFormat()
            return true
          },
        },
      ]),
    ),
    PHRASES,
    lineNumbers(),
    foldGutter(),
    lintGutter(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    history(),
    drawSelection(),
    EditorState.allowMultipleSelections.of(true),
    rectangularSelection(),
    crosshairCursor(),
    search({ top: true }),
    highlightSelectionMatches(),
    indentOnInput(),
    bracketMatching(),
    closeBrackets(),
    ...(language === 'python'
      ? [indentUnit.of('    '), EditorState.tabSize.of(4)]
      : [indentUnit.of('  '), EditorState.tabSize.of(2)]),
    keymap.of([
      ...closeBracketsKeymap,
      ...searchKeymap,
      ...defaultKeymap,
      ...historyKeymap,
      ...completionKeymap,
      indentWithTab,
    ]),
    EditorView.contentAttributes.of({
      tabindex: '0',
      'aria-label': t('Code of {file}. Press Escape, then Tab, to leave.', { file: path ?? t('the function') }),
    }),
    readingExtensions(language),
  ]
}

export const reading = (label: string, code: string): Extension => [
  lineNumbers(),
  search({ top: true }),
  keymap.of(searchKeymap),
  EditorState.readOnly.of(true),
  EditorView.contentAttributes.of({ tabindex: '0', 'aria-label': t('Code, read only: {label}', { label }) }),
  readingExtensions(languageOfCode(code)),
]

function readingExtensions(language: Language): Extension {
  // Control characters and bidirectional overrides would disguise code.
  return [
    language === 'python' ? python() : javascript({ typescript: true }),
    syntaxHighlighting(colours),
    highlightSpecialChars(),
    look,
  ]
}

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

const ICON_LETTERS = {
  ...{ function: 'f', method: 'f', class: 'C', interface: 'I', type: 'T', enum: 'E', namespace: 'm' },
  ...{ variable: 'v', constant: 'c', property: 'p', keyword: 'k', text: 't' },
}

const look = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'transparent', color: 'var(--mantine-color-text)', fontSize: '13px' },
  '&.cm-focused': { outline: '2px solid var(--mantine-primary-color-filled)', outlineOffset: '-2px' },
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
  '.cm-markedLine': {
    backgroundColor: 'color-mix(in srgb, var(--wf-bad) 6%, transparent)',
    boxShadow: 'inset 3px 0 0 var(--wf-bad)',
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
  // Many fonts lack the library's icons.
  '.cm-completionIcon': { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '11px', opacity: '0.8' },
  ...Object.fromEntries(
    Object.entries(ICON_LETTERS).map(([kind, letter]) => [
      `.cm-completionIcon-${kind}:after`,
      { content: `"${letter}"` },
    ]),
  ),
  '.cm-panels': { backgroundColor: 'var(--wf-raised)', color: 'var(--mantine-color-text)' },
  '.cm-panels-top': { borderBottom: '1px solid var(--wf-line)' },
  '.cm-textfield': { backgroundColor: 'transparent', borderColor: 'var(--wf-line)' },
  '.cm-button': { backgroundImage: 'none', backgroundColor: 'var(--wf-sunken)', borderColor: 'var(--wf-line)' },
  '.cm-panel.cm-search [name=close]': { color: 'inherit', fontSize: '18px' },
  '.cm-searchMatch': { backgroundColor: 'color-mix(in srgb, var(--wf-warn) 28%, transparent)' },
  '.cm-searchMatch-selected': { backgroundColor: 'color-mix(in srgb, var(--wf-warn) 55%, transparent)' },
  '.cm-selectionMatch': { backgroundColor: 'color-mix(in srgb, var(--mantine-primary-color-filled) 14%, transparent)' },
  '.cm-diagnostic-error': { borderLeftColor: 'var(--wf-bad)' },
  '.cm-diagnostic-warning': { borderLeftColor: 'var(--wf-warn)' },
  '.cm-diagnosticSource': { opacity: 1, color: 'var(--mantine-color-dimmed)' },
  '.cm-diagnosticAction': { backgroundColor: 'var(--mantine-primary-color-filled)', color: '#fff', cursor: 'pointer' },
  '.cm-completionInfo': { maxWidth: '420px', padding: '8px 10px', whiteSpace: 'pre-wrap', fontSize: '12px' },
  '.cm-completionDetail': { marginLeft: '10px', fontStyle: 'normal', opacity: 0.75 },
  // Many fonts lack the library's mark.
  '.cm-collapsedLines:before, .cm-collapsedLines:after': { content: '"⋯"' },
  '.cm-collapsedLines': {
    background: 'var(--wf-sunken)',
    color: 'var(--mantine-color-dimmed)',
    padding: '2px 12px',
  },
  // Text on a stronger tint lacks contrast.
  '.cm-changedLine': { backgroundColor: 'color-mix(in srgb, var(--wf-good) 9%, transparent)' },
  '&.cm-merge-a .cm-changedLine': { backgroundColor: 'color-mix(in srgb, var(--wf-bad) 8%, transparent)' },
  '&.cm-merge-b .cm-changedText': { background: 'none', boxShadow: 'inset 0 -2px 0 var(--wf-good)' },
  '&.cm-merge-a .cm-changedText, .cm-deletedChunk .cm-deletedText': {
    background: 'none',
    boxShadow: 'inset 0 -2px 0 var(--wf-bad)',
    textDecoration: 'none',
  },
  '.cm-deletedChunk': { backgroundColor: 'color-mix(in srgb, var(--wf-bad) 9%, transparent)' },
})
