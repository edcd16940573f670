// A form that was sent is not sent again by a second click while the answer is on its way.
const AGAIN_AFTER = 8000; // milliseconds: an answer that never comes must not lock the form

/** Binds all forms that change something. */
export function bindOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if ("sent" in form.dataset) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "";
    setTimeout(() => delete form.dataset.sent, AGAIN_AFTER);
  });
  // Back from the browser's memory: the form is as it was when it was left.
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });
}
