// CodeMirror's style sheets without a <style> element: the site's Content-Security-Policy forbids those, and style-mod makes
// them for documents. A sheet that a script constructs and adopts is not of the page's markup, and allowed.
import { StyleModule } from "style-mod";

const sheet = new CSSStyleSheet();

/** Lets CodeMirror's style modules be adopted by the document. */
export function adoptStyles() {
  StyleModule.mount = (root, modules) => {
    sheet.replaceSync([modules].flat().map((module) => module.getRules()).join("\n"));
    if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets.push(sheet);
  };
}
