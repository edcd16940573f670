// What is pasted: Markdown is read as Markdown; HTML comes in clean, and its pictures are sent to the wiki, or named.
import { Slice } from "prosemirror-model";
import { cleanHtml } from "./pasted_html.js";
import { read } from "./source_tree.js";

/** Returns the document of a pasted plain text. */
export function fromText(text) {
  const { doc } = read(text.replace(/\r\n?/g, "\n"));
  const isLine = doc.childCount === 1 && doc.firstChild.isTextblock && !text.includes("\n");
  return isLine ? new Slice(doc.content, 1, 1) : Slice.maxOpen(doc.content);
}

/** Returns the content of a `data:` address as a file. */
function fileOf(address, index) {
  const [, type, content] = /^data:(image\/(?:[a-z]+));base64,(.*)$/is.exec(address);
  const bytes = Uint8Array.from(atob(content.replace(/\s/g, "")), (sign) => sign.charCodeAt(0));
  return new File([bytes], `image-${index + 1}.${type.slice(6).replace("jpeg", "jpg")}`, { type });
}

function filesOf(addresses) {
  return addresses.flatMap((address, index) => {
    try {
      return [fileOf(address, index)];
    } catch {
      return []; // no base64
    }
  });
}

/**
 * Returns the function that cleans pasted HTML. Pictures that were in it are sent after it has been pasted; `say` is called
 * with what has to be said of the others.
 */
export function htmlCleaner({ texts, pictures, say }) {
  return (pasted) => {
    const { html, enclosed, lost, elsewhere } = cleanHtml(pasted, pictures.page);
    const files = filesOf(enclosed);
    const areSent = pictures.areIn({ files });
    const missing = lost + enclosed.length - (areSent ? files.length : 0);
    if (areSent) setTimeout(() => pictures.add({ files }, null));
    say([
      missing ? texts.lostPictures.replace("{number}", missing) : "", elsewhere ? texts.foreignPictures.replace("{number}", elsewhere) : "",
    ].filter(Boolean).join(" "));
    return html;
  };
}
