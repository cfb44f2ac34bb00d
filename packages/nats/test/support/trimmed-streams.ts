/** Cases of the backplane suite that NATS does not pass, with the reason: its server trims streams like all logs. */
export const trimmedStreams = {
  'a stream is not trimmed by the number of its messages (P-SM-10)':
    'the server trims each subject by the number of its messages',
  'a stream is not trimmed by the age of its messages, while it is written (P-SM-10)':
    'the server removes each message by its age',
}
