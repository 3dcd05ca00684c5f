/** Forms the messages of statuses and Events. Pure. */

/** `maxLength` of messages in the schema. */
const maxMessageLength = 2048;

/**
 * A text as a sentence: what agents, kubelets and schedulers report may or may not end with a full stop, and stands beside
 * our own words.
 */
export function toSentence(text: string): string {
  const trimmed = text.trimEnd();
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** Cuts a message that is longer than the schema allows. */
export function shorten(message: string): string {
  return message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength - 3)}...`;
}
