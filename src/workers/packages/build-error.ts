export class BuildError extends Error {
  readonly isLimit: boolean

  constructor(message: string, isLimit = false) {
    super(message)
    this.isLimit = isLimit
    this.name = 'BuildError'
  }
}
