/** The command can't do what was asked; `message` says why, and what to do. Exit code 1. */
export class Failure extends Error {}

/** The command was called wrongly. Exit code 2. */
export class WrongUse extends Error {}

/** All was said already; the exit code is 1. */
export class Failed extends Error {}
