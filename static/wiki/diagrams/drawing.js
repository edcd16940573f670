// The text of a diagram may be anyone's. One frame turns texts into SVG, and each diagram is shown in a frame of its own;
// their documents can reach neither this page nor the network. Only heights, SVG to pass on and short texts are taken
// from them. (One frame for all texts, since no browser cache serves such a document: it loads Mermaid once per page.)
import { current } from "../theme.js";

const WORDS = document.querySelector("meta[name=diagrams]").dataset;
const ADDRESS = document.querySelector("meta[name=diagrams]").content;
const MOST_CHARACTERS = 20_000;
const MOST_SVG = 2_000_000;
const LONGEST_COMPLAINT = 300;
const LOWEST = 40;
const HIGHEST = 1200;
const LOADING_SECONDS = 60;
const DRAWING_SECONDS = 10;

const receivers = new Map(); // by frame

window.addEventListener("message", (event) => {
  for (const [frame, receive] of receivers) {
    if (!frame.isConnected) receivers.delete(frame);
    else if (event.source === frame.contentWindow) receive(event.data ?? {});
  }
});

function makeFrame(className, title) {
  const frame = document.createElement("iframe");
  frame.className = className;
  frame.title = title;
  frame.setAttribute("sandbox", "allow-scripts");
  frame.src = ADDRESS;
  return frame;
}

function send(frame, message) {
  frame.contentWindow.postMessage(message, "*"); // a sandboxed document has no origin to name, and the page shows the same
}

let drawer = null; // the frame with Mermaid

/** Returns `{ svg }`, or `{ complaint }` where Mermaid objects or takes too long. */
function render(source, dark) {
  return new Promise((resolve) => {
    let timer = 0;
    const end = (answer) => {
      clearTimeout(timer);
      resolve(answer);
    };
    const limit = (seconds) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        drawer.remove();
        end({ complaint: "" });
      }, seconds * 1000);
    };
    const receive = ({ ready, loaded, svg, complaint }) => {
      if (ready) send(drawer, { source, dark });
      else if (loaded) limit(DRAWING_SECONDS);
      else if (typeof svg === "string" && svg.length <= MOST_SVG) end({ svg });
      else end({ complaint: String(complaint ?? "").slice(0, LONGEST_COMPLAINT) });
    };
    limit(LOADING_SECONDS);
    if (drawer?.isConnected) send(drawer, { source, dark });
    else {
      drawer = makeFrame("diagram-drawer", WORDS.title);
      drawer.setAttribute("aria-hidden", "true");
      drawer.tabIndex = -1;
      document.body.append(drawer);
    }
    receivers.set(drawer, receive);
  });
}

function note(text, complaint = "") {
  const element = document.createElement("p");
  element.className = "rows-note";
  element.textContent = text;
  if (complaint) {
    const code = document.createElement("code");
    code.textContent = complaint;
    element.append(document.createElement("br"), code);
  }
  return element;
}

class Diagram {
  static count = 0;

  constructor(block) {
    this.block = block;
    this.source = block.textContent;
    this.frame = null;
    this.picture = null;
  }

  async draw() {
    const dark = current() === "dark";
    const { svg, complaint } = await render(this.source, dark);
    if (svg === undefined) this.fail(complaint);
    else this.show({ svg, dark });
  }

  show(picture) {
    this.picture = picture;
    if (this.frame) {
      send(this.frame, picture);
      return;
    }
    Diagram.count += 1;
    this.frame = makeFrame("diagram", Diagram.count > 1 ? `${WORDS.title} ${Diagram.count}` : WORDS.title);
    this.timer = setTimeout(() => this.fail(""), LOADING_SECONDS * 1000);
    receivers.set(this.frame, (said) => {
      if (said.ready) send(this.frame, this.picture);
      else if (Number.isFinite(said.height)) this.resize(said.height);
    });
    this.block.before(this.frame);
  }

  resize(height) {
    this.frame.height = Math.ceil(Math.min(Math.max(height, LOWEST), HIGHEST));
    clearTimeout(this.timer);
    if (!this.block.closest(".diagram-source")) this.fold();
  }

  fold() {
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    details.className = "diagram-source";
    summary.textContent = WORDS.source;
    this.block.before(details);
    details.append(summary, this.block);
  }

  fail(complaint) {
    drawn.delete(this);
    this.frame?.remove();
    this.block.closest(".diagram-source")?.replaceWith(this.block);
    this.block.before(note(WORDS.failed, complaint));
  }
}

const drawn = new Set();
const waiting = new Set();
let isDrawing = false;

/** Draws what waits, one diagram after the other. */
async function drawWaiting() {
  if (isDrawing) return;
  isDrawing = true;
  for (const diagram of waiting) {
    waiting.delete(diagram); // so that a later change of colours may add it again
    if (!diagram.block.isConnected) continue;
    drawn.add(diagram);
    await diagram.draw();
  }
  isDrawing = false;
}

const nearness = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      nearness.unobserve(target);
      const diagram = new Diagram(target);
      if (diagram.source.length > MOST_CHARACTERS) target.before(note(WORDS.long));
      else waiting.add(diagram);
    }
    drawWaiting();
  },
  { rootMargin: "400px" },
);

function redraw() {
  for (const diagram of drawn) waiting.add(diagram);
  drawn.clear();
  drawWaiting();
}

new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

/** Draws each of these blocks of code when it comes near the window. */
export function drawWhenNear(blocks) {
  for (const code of blocks) nearness.observe(code.parentElement);
}
