/** The package types only its main file. */
declare module 'cronstrue/locales/fr.js'
