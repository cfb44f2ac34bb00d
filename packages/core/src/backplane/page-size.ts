/**
 * The size of the messages above which a page of a log ends, in bytes, so that an answer with the page fits a
 * frame (P-ST-6). A page has at least one message.
 */
export const pageBytes: number = 245_760
