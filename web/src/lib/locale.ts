/** The form of dates and numbers: the words of the app are English, so a French month among them would be a mix. */
export const LOCALE: string = navigator.languages.find((language) => /^en\b/.test(language)) ?? 'en-GB'
