/** Names that the server and the page share. */
export interface Conversation {
  events: { prompt: { text: string } }
  streams: { answer: string }
}
