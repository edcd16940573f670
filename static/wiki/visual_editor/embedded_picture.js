// Pictures that are written in the ways of Obsidian and MediaWiki, or whose names have blanks: shown as on the page.
import { element } from "./elements.js";
import { pictureName } from "./pictures.js";
import { UnitView } from "./units.js";

const IS_PICTURE = /\.(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?|heic)$/i;
const EMBEDDED = /^(?:!\[\[|\[\[\s*(?=(?:file|fichier|image)\s*:))([^\]|]+)(?:\|([^\]]*))?\]\]$/i;
const WITH_BLANKS = /^!\[([^\]]*)\]\(\s*(.+?)(?:\s+"([^"]*)")?\s*\)$/;
const OPTION = /^(?:\d+(?:x\d+)?(?:px)?|thumb|vignette|frame|left|right|center|gauche|droite|centré)$/i;

/** Returns `{ name, words }` of the wiki's picture that a source shows, or null. */
export function embeddedPicture(source) {
  const embedded = EMBEDDED.exec(source);
  const [, words, target, title] = WITH_BLANKS.exec(source) ?? [];
  const name = pictureName((embedded?.[1] ?? target ?? "").trim());
  if (!IS_PICTURE.test(name)) return null;
  const said = (embedded?.[2] ?? "").split("|").map((option) => option.trim().replace(/^alt=/i, ""));
  return { name, words: embedded ? said.filter((option) => !OPTION.test(option)).at(-1) ?? "" : title || words };
}

/** Shows a unit that is a picture; if there is none of this name, its name. */
export class EmbeddedPictureView extends UnitView {
  constructor(node, view, getPos, texts, pictures) {
    super(node, view, getPos, texts);
    this.pictures = pictures;
    this.show();
  }

  show() {
    super.show();
    const found = this.pictures && embeddedPicture(this.node.attrs.source);
    this.dom.classList.toggle("wiki-picture", Boolean(found));
    this.dom.classList.toggle("wiki-unit", !found);
    if (!found) return;
    const picture = element("img", { alt: found.words, loading: "lazy", decoding: "async", draggable: false });
    picture.addEventListener("error", () => {
      this.pictures = null;
      this.show();
    });
    picture.src = this.pictures.thumbnails.replace("NAME", encodeURIComponent(found.name));
    this.dom.replaceChildren(picture);
  }
}
