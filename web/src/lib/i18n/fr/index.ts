/** The French words of the app, by their English. */

export const FRENCH: Readonly<Record<string, string>> = {}
