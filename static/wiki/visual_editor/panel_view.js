// What is shown as one thing in the text, and edited in a panel of its own.

/** Base of views of ProseMirror with a `dom`, and a `panel` while it is edited, whose events are no matter of the text. */
export class PanelView {
  stopEvent(event) {
    return Boolean(this.panel?.contains(event.target));
  }

  ignoreMutation() {
    return true;
  }

  selectNode() {
    this.dom.classList.add("ProseMirror-selectednode");
  }

  deselectNode() {
    this.dom.classList.remove("ProseMirror-selectednode");
  }
}
