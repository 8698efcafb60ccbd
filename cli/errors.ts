/** `message` has the reason and the remedy. Exit code 1. */
export class Failure extends Error {}

/** Exit code 2. */
export class WrongUse extends Error {}

/** The messages were printed. Exit code 1. */
export class Failed extends Error {}
