/** Adds the French words to cronstrue, whose package types only its main file. */
declare module 'cronstrue/locales/fr.js'
