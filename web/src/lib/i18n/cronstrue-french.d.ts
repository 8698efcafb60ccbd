/** Adds the French words to cronstrue; the package types only its main file. */
declare module 'cronstrue/locales/fr.js'
