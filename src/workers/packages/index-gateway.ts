/** The only way from a sandbox that resolves or builds packages to the indexes. Made in `http/`, used here. */
export type IndexGateway = {
  /** The indexes as uv's options name them inside of a sandbox. */
  readonly uvOptions: readonly string[]
  /** Folders with files of packages, which sandboxes are shown read-only. */
  readonly linkFolders: readonly string[]
  /** Files with requirements that every resolution keeps to. */
  readonly constraintFiles: readonly string[]
  /** Calls `work` with the folder that holds the gateway's socket. `onProblem` hears which index could not be reached, and why. */
  use<T>(work: (folder: string) => Promise<T>, onProblem: (problem: string) => void): Promise<T>
  /** All versions of a package, from the first index that has it; none where no index says in time. */
  listVersions(name: string): Promise<readonly string[]>
  close(): Promise<void>
}
