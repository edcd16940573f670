// Addresses as Markdown writes them.
const BALANCED = /^[^()]*(?:\([^()]*\)[^()]*)*$/;

/** Returns an address with its brackets escaped where they are no pairs, and would end it. */
export function withSafeBrackets(address) {
  return BALANCED.test(address) ? address : address.replace(/[()]/g, "\\$&");
}
