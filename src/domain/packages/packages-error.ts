/** A declaration of packages that cannot be used. `line`: the line of the source, from 1; null where there is none. */
export class PackagesError extends Error {
  readonly line: number | null

  constructor(detail: string, line: number | null) {
    super(detail)
    this.name = 'PackagesError'
    this.line = line
  }
}
