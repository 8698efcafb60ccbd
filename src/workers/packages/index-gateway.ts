/** `http/` implements this interface. */
export type IndexGateway = {
  readonly uvOptions: readonly string[]
  readonly linkFolders: readonly string[]
  readonly constraintFiles: readonly string[]
  use<T>(work: (folder: string) => Promise<T>, onProblem: (problem: string) => void): Promise<T>
  listVersions(name: string): Promise<readonly string[]>
  close(): Promise<void>
}
