/**
 * A text as a sentence. What agents, kubelets and schedulers say stands beside words of our own in messages, and may end with
 * a full stop of its own or without any.
 */
export function toSentence(text: string): string {
  const trimmed = text.trimEnd();
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
