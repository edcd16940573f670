// Elements of the page, made in one expression, and the texts that they carry for scripts.

/** Returns a new element with these properties and this content. */
export function element(tag, properties = {}, ...content) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...content);
  return made;
}

/** Returns the texts of an element: `data-says-new-page` is `newPage`. */
export function textsOf(host) {
  const says = Object.entries(host.dataset).filter(([name]) => name.startsWith("says"));
  return Object.fromEntries(says.map(([name, text]) => [name[4].toLowerCase() + name.slice(5), text]));
}
