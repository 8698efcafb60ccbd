import { EditorState } from '@codemirror/state'
import { t } from '../../../../lib/i18n/t.ts'

export const PHRASES = EditorState.phrases.of({
  Find: t('Find'),
  Replace: t('Replace'),
  next: t('next'),
  previous: t('previous'),
  all: t('all'),
  'match case': t('match case'),
  regexp: t('regexp'),
  'by word': t('by word'),
  replace: t('replace'),
  'replace all': t('replace all'),
  close: t('close'),
  'current match': t('current match'),
  'on line': t('on line'),
  'replaced match on line $': t('replaced match on line $'),
  'replaced $ matches': t('replaced $ matches'),
  'Go to line': t('Go to line'),
  go: t('go'),
  Completions: t('Completions'),
  'Fold line': t('Fold line'),
  'Unfold line': t('Unfold line'),
  'folded code': t('folded code'),
  unfold: t('unfold'),
  '$ unchanged lines': t('$ unchanged lines'),
})
