// What calls answer (`{{#ask: …}}`, `{{Page#Section}}`), asked from the wiki for all calls of the text at once. Without an
// answer a call is shown as its source.
const WAIT = 700;
const LIMIT = 60;

/** Returns HTML of the wiki as elements to look at: without addresses to follow, and without ids, which are those of the page. */
function shown(html) {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  for (const element of body.querySelectorAll("[id]")) element.removeAttribute("id");
  for (const link of body.querySelectorAll("a[href]")) link.removeAttribute("href");
  for (const field of body.querySelectorAll("button, input, select, textarea, summary")) field.tabIndex = -1;
  for (const part of body.querySelectorAll(".scroll")) part.tabIndex = 0; // a wide table is scrolled by keys
  const content = document.createDocumentFragment();
  content.append(...[...body.childNodes].map((node) => document.importNode(node, true)));
  return content;
}

/** Asks for answers and keeps them while the editor is open. `ask(text)` returns a promise of them by source, `text()` the text. */
export class CallAnswers {
  constructor({ ask, text }) {
    Object.assign(this, { ask, text, answers: new Map(), wanted: new Map(), waiting: 0, isAsking: false });
  }

  /** Calls `show` with what a call answers, now or when it is there; never if there is no answer. */
  want(source, show) {
    const call = source.trim();
    if (this.answers.has(call)) {
      this.give(call, show);
      return;
    }
    if (!this.wanted.has(call) && this.answers.size + this.wanted.size >= LIMIT) return;
    this.wanted.set(call, [...(this.wanted.get(call) ?? []), show]);
    this.askSoon();
  }

  give(call, show) {
    const html = this.answers.get(call);
    if (html) show(shown(html));
  }

  askSoon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.askNow(), WAIT);
  }

  async askNow() {
    if (this.isAsking) return;
    this.isAsking = true;
    const { wanted } = this;
    this.wanted = new Map();
    try {
      const answers = await this.ask(this.text());
      for (const [call, shows] of wanted) {
        this.answers.set(call, answers[call] ?? "");
        for (const show of shows) this.give(call, show);
      }
    } catch {
      // The wiki is busy or out of reach: calls stay as they are written.
    }
    this.isAsking = false;
    if (this.wanted.size) this.askSoon();
  }

  close() {
    clearTimeout(this.waiting);
    this.wanted.clear();
  }
}
