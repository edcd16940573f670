// Pictures in the visual editor: how they are shown and described, and the places of those that are still on their way.
import { Fragment } from "prosemirror-model";
import { NodeSelection, Plugin, PluginKey, TextSelection } from "prosemirror-state";
import { Decoration, DecorationSet } from "prosemirror-view";
import { element } from "./elements.js";
import { PanelView } from "./panel_view.js";
import { schema } from "./schema.js";

const { paragraph, image } = schema.nodes;
const key = new PluginKey("pictures");
const FILE = /^\s*(?:file|fichier|image)\s*:/i;
/** Names of files that have no small copy: `TYPES` in wiki/pages/file_types.py, without drawings. */
const NO_PICTURE = /\.(pdf|od[tsp]|docx|xlsx|pptx|csv|stl|3mf|dxf|gpx|mp3|og[gav]|opus|wav|flac|m4a|mp4|webm)$/i;
const ELSEWHERE = /^\s*(?:(?:https?:)?\/\/|[a-z][a-z0-9+.-]*:)/i;

/** Returns the name of the wiki's file that an address means, or "": `picture_name` in wiki/text/markup/images.py. */
export function pictureName(address) {
  let path = address;
  try {
    path = decodeURIComponent(address);
  } catch {
    // Not encoded: a name with a percent sign.
  }
  if (FILE.test(path)) return path.replace(FILE, "").trim();
  return ELSEWHERE.test(path) ? "" : path.slice(path.lastIndexOf("/") + 1).trim();
}

/** Shows a picture of the wiki, or its name if there is none; pictures of other sites are never asked for. */
export class PictureView extends PanelView {
  constructor(node, view, getPos, { texts, pictures }) {
    super();
    Object.assign(this, { node, view, getPos, texts, pictures });
    this.dom = document.createElement("span");
    this.dom.addEventListener("click", (event) => { if (!this.panel?.contains(event.target)) this.open(); });
    this.show();
  }

  show() {
    const { src, alt, title } = this.node.attrs;
    this.name = pictureName(src);
    if (!this.name || this.missing === src || NO_PICTURE.test(this.name)) {
      this.showName();
      return;
    }
    const picture = element("img", { alt: alt ?? "", loading: "lazy", decoding: "async", draggable: false });
    const size = this.pictures.sizes.get(this.name.replaceAll("_", " "));
    if (size) Object.assign(picture, size);
    picture.addEventListener("error", () => {
      this.missing = src;
      this.showName();
    });
    picture.addEventListener("load", () => Object.assign(picture, { width: picture.naturalWidth, height: picture.naturalHeight }));
    picture.src = this.pictures.thumbnails.replace("NAME", encodeURIComponent(this.name));
    this.dom.classList.remove("wiki-unit");
    this.dom.classList.add("wiki-picture");
    this.dom.title = src;
    this.dom.replaceChildren(picture, element("span", { className: "wiki-caption", ariaHidden: String(!title) }, title || alt || ""), ...(this.panel ? [this.panel] : []));
  }

  showName() {
    const { src, alt } = this.node.attrs;
    this.dom.classList.remove("wiki-picture");
    this.dom.classList.add("wiki-unit");
    const type = NO_PICTURE.exec(this.name)?.[1].toUpperCase();
    Object.assign(this.dom.dataset, type ? { kind: "file", type } : { kind: "picture" });
    this.dom.title = src;
    this.dom.replaceChildren(alt || src.replace(/^[^:]*:/, ""), ...(this.panel ? [this.panel] : []));
  }

  update(node) {
    if (node.type !== this.node.type) return false;
    const isSame = node.eq(this.node);
    this.node = node;
    if (!isSame) this.show();
    return true;
  }

  open() {
    if (this.panel) return;
    this.field = element("input", { value: this.node.attrs.alt ?? "", maxLength: 255 });
    const page = element("a", {
      href: this.pictures.page.replace("NAME", encodeURIComponent(this.name.replaceAll(" ", "_"))), target: "_blank", rel: "noopener", textContent: this.texts.licence,
    });
    const remove = element("button", { type: "button", className: "button-quiet", textContent: this.texts.remove, onclick: () => this.remove() });
    this.panel = element("span", { className: "picture-panel" },
      element("label", {}, this.texts.description, this.field), ...(this.name ? [page] : []), remove);
    this.panel.addEventListener("keydown", (event) => this.press(event));
    this.panel.addEventListener("focusout", (event) => { if (!this.panel?.contains(event.relatedTarget)) this.close(true); });
    this.dom.append(this.panel);
    this.field.focus();
    this.field.select();
  }

  press(event) {
    event.stopPropagation();
    if (event.key !== "Escape" && (event.key !== "Enter" || event.target !== this.field)) return;
    event.preventDefault();
    this.close(event.key === "Enter");
    this.view.focus();
  }

  close(isKept) {
    const { panel, field } = this;
    if (!panel) return;
    this.panel = null;
    panel.remove();
    const alt = field.value.replace(/\s+/g, " ").trim();
    if (!isKept || alt === (this.node.attrs.alt ?? "")) return;
    const at = this.getPos();
    const tr = this.view.state.tr.setNodeMarkup(at, null, { ...this.node.attrs, alt });
    const wasSelected = this.view.state.selection.from === at;
    this.view.dispatch(wasSelected ? tr.setSelection(NodeSelection.create(tr.doc, at)) : tr);
  }

  /** Deletes the picture, with its paragraph if that holds nothing else. */
  remove() {
    this.close(false);
    const at = this.getPos();
    this.view.dispatch(this.view.state.tr.deleteRange(at, at + 1).scrollIntoView());
    this.view.focus();
  }

  destroy() {
    this.panel = null;
  }
}

/** Returns the next position behind the block at `at` where a paragraph can stand. */
function positionBehind(doc, at) {
  const place = doc.resolve(at);
  for (let depth = place.depth; depth > 0; depth -= 1) {
    const index = place.indexAfter(depth - 1);
    if (place.node(depth - 1).canReplaceWith(index, index, paragraph)) return place.after(depth);
  }
  return at;
}

/** Keeps a place for a picture that is on its way: behind the block at `at`, or behind that with the cursor. Returns the place. */
export function keepPlace(view, name, at) {
  const place = { name };
  const position = positionBehind(view.state.doc, at ?? view.state.selection.to);
  view.dispatch(view.state.tr.setMeta(key, { add: place, position }));
  return place;
}

function findPlace(state, place) {
  return place ? key.getState(state).find(null, null, (spec) => spec.place === place)[0] : undefined;
}

/** Takes a place away. */
export function releasePlace(view, place) {
  if (findPlace(view.state, place)) view.dispatch(view.state.tr.setMeta(key, { remove: place }));
}

/** Puts a block into its place, or behind the block with the cursor if the place is gone. */
export function fillPlace(view, place, node) {
  const { state } = view;
  const at = findPlace(state, place)?.from ?? positionBehind(state.doc, state.selection.to);
  const { nodeBefore, nodeAfter, parent } = state.doc.resolve(at);
  const isEmpty = nodeBefore?.type === paragraph && !nodeBefore.content.size;
  const start = isEmpty ? at - nodeBefore.nodeSize : at;
  const { from, to } = state.selection;
  const holdsCursor = isEmpty && from > start && to < at;
  const isLast = !nodeAfter && parent === state.doc;
  const blocks = holdsCursor || isLast ? [node, paragraph.create()] : [node];
  const { tr } = state;
  tr.replaceWith(start, at, Fragment.from(blocks)).setMeta(key, { remove: place });
  if (holdsCursor) tr.setSelection(TextSelection.create(tr.doc, start + node.nodeSize + 1));
  view.dispatch(tr);
}

function applied(transaction, decorations) {
  const set = decorations.map(transaction.mapping, transaction.doc);
  const { add, remove, position } = transaction.getMeta(key) ?? {};
  if (remove) return set.remove(set.find(null, null, (spec) => spec.place === remove));
  if (!add) return set;
  const shown = () => element("div", { className: "picture-place", textContent: add.name });
  return set.add(transaction.doc, [Decoration.widget(position, shown, { place: add })]);
}

/** Returns the plugin of places, and of pictures that are dropped and pasted; `pictures` is null where none can be sent. */
export function pictureTools(pictures) {
  return new Plugin({
    key,
    state: { init: () => DecorationSet.empty, apply: applied },
    props: {
      decorations(state) {
        return this.getState(state);
      },
      handleKeyDown(view, event) {
        const { selection } = view.state;
        if (event.key !== "Enter" || !(selection instanceof NodeSelection) || selection.node.type !== image) return false;
        view.nodeDOM(selection.from).click();
        return true;
      },
      handlePaste(_, event) {
        if (!pictures.isPasted(event.clipboardData)) return false;
        pictures.add(event.clipboardData, null);
        return true;
      },
      handleDrop(view, event) {
        if (view.dragging || !pictures.areIn(event.dataTransfer)) return false;
        event.preventDefault();
        pictures.add(event.dataTransfer, view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos ?? null);
        return true;
      },
    },
  });
}
