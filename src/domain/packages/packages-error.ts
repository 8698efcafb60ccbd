export class PackagesError extends Error {
  readonly line: number | null

  constructor(detail: string, line: number | null) {
    super(detail)
    this.name = 'PackagesError'
    this.line = line
  }
}
