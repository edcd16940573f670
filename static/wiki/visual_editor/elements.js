// Elements of the page, made in one expression.

/** Returns a new element with these properties and this content. */
export function element(tag, properties = {}, ...content) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...content);
  return made;
}
