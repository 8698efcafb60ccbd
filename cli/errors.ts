/** The command failed. `message` has the reason and the remedy. Exit code 1. */
export class Failure extends Error {}

/** Invalid use of the command. Exit code 2. */
export class WrongUse extends Error {}

/** Failed after its messages were printed. Exit code 1. */
export class Failed extends Error {}
