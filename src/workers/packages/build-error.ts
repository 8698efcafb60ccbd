/** Why packages could not be resolved or installed. */

/** A resolution or build that did not work. The message is for people. */
export class BuildError extends Error {
  /** Whether the requirements ask for more than is allowed. */
  readonly isLimit: boolean

  constructor(message: string, isLimit = false) {
    super(message)
    this.isLimit = isLimit
    this.name = 'BuildError'
  }
}
