/** The language server has all files of the editor open. */

import { type LSPClient, LSPPlugin, Workspace, type WorkspaceFile } from '@codemirror/lsp-client'
import { ChangeSet, Text, type TransactionSpec } from '@codemirror/state'
import type { EditorView } from '@codemirror/view'
import { type Code, type OpenPath, pathsOf, textOf, withText } from '../text/code.ts'

export type Editor = {
  readonly code: () => Code
  readonly open: () => OpenPath
  readonly view: () => EditorView | null
  readonly replace: (code: Code) => void
}

type File = WorkspaceFile & { readonly path: OpenPath; doc: Text; version: number }

export class CodeWorkspace extends Workspace {
  files: File[] = []
  readonly #editor: Editor
  readonly #root: string
  readonly #sourceFile: string
  #sent = ''

  constructor(client: LSPClient, editor: Editor, root: string, sourceFile: string) {
    super(client)
    this.#editor = editor
    this.#root = root
    this.#sourceFile = sourceFile
  }

  uriOf(path: OpenPath): string {
    return `${this.#root}/${(path ?? this.#sourceFile).split('/').map(encodeURIComponent).join('/')}`
  }

  pathOf(uri: string): OpenPath | undefined {
    return this.files.find((file) => file.uri === uri)?.path
  }

  /** If the server never answers, the base class would cause an unhandled rejection. */
  override connected(): void {
    void this.client.initializing.then(
      () => this.#openAll(),
      () => {},
    )
  }

  follow(): void {
    const code = this.#editor.code()
    const paths: readonly OpenPath[] = [null, ...pathsOf(code)]
    if (paths.join('\n') === this.#sent) return
    this.#sent = paths.join('\n')
    this.client.notification('workflow/files', { source: code.source, files: code.files })
    for (const file of this.files.filter(({ path }) => !paths.includes(path))) this.client.didClose(file.uri)
    this.files = this.files.filter(({ path }) => paths.includes(path))
    for (const path of paths) if (!this.files.some((file) => file.path === path)) this.#add(path, code)
  }

  /** Shown files follow their editor, others the code. */
  override syncFiles() {
    const code = this.#editor.code()
    return this.files.flatMap((file) => {
      const view = file.getView()
      const plugin = view === null ? null : LSPPlugin.get(view)
      const prevDoc = file.doc
      const doc = view === null ? toText(textOf(code, file.path)) : view.state.doc
      if (doc.eq(prevDoc)) return []
      const unsynced = plugin === null || plugin.unsyncedChanges.empty ? null : plugin.unsyncedChanges
      const isWhole = unsynced === null || unsynced.length !== prevDoc.length
      const changes = isWhole ? ChangeSet.of({ from: 0, to: prevDoc.length, insert: doc }, prevDoc.length) : unsynced
      file.doc = doc
      file.version += 1
      plugin?.clear()
      return [{ file, prevDoc, changes }]
    })
  }

  override openFile(): void {}

  override closeFile(): void {}

  override updateFile(uri: string, update: TransactionSpec): void {
    const file = this.files.find((other) => other.uri === uri)
    const view = file?.getView()
    if (view !== null && view !== undefined) view.dispatch(update)
    else if (file !== undefined && update.changes !== undefined) {
      const changes = ChangeSet.of(Object(update.changes), file.doc.length)
      this.#editor.replace(withText(this.#editor.code(), file.path, changes.apply(file.doc).toString()))
    }
  }

  #openAll(): void {
    const code = this.#editor.code()
    this.#sent = [null, ...pathsOf(code)].join('\n')
    this.files = []
    for (const path of [null, ...pathsOf(code)]) this.#add(path, code)
  }

  #add(path: OpenPath, code: Code): void {
    const file: File = {
      path,
      uri: this.uriOf(path),
      languageId: languageIdOf(path ?? this.#sourceFile),
      version: 0,
      doc: toText(textOf(code, path)),
      getView: () => (this.#editor.open() === path ? this.#editor.view() : null),
    }
    this.files.push(file)
    this.client.didOpen(file)
  }
}

const LANGUAGE_IDS: Readonly<Record<string, string>> = {
  py: 'python',
  js: 'javascript',
  mjs: 'javascript',
  json: 'json',
}

const languageIdOf = (path: string): string => LANGUAGE_IDS[path.slice(path.lastIndexOf('.') + 1)] ?? 'typescript'

const toText = (text: string): Text => Text.of(text.split(/\r\n?|\n/))
