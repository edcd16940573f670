// The script of the frames that `drawing.js` opens with `sandbox`: it turns a source into SVG, or shows SVG. Its document
// has no origin, no cookies and no network, whatever a source makes Mermaid write.

const PADDING = 24; // of the body, both sides
const SMALLEST_SCALE = 0.6; // smaller letters cannot be read: the frame scrolls instead

const SETTINGS = {
  startOnLoad: false,
  securityLevel: "strict",
  suppressErrorRendering: true,
  maxTextSize: 20_000,
  maxEdges: 300,
  htmlLabels: true,
  layout: "dagre",
  fontFamily: '-apple-system, "Segoe UI", Roboto, "Noto Sans", Ubuntu, "Liberation Sans", Arial, sans-serif',
};
// What a source may not set: these, and what decides whether a diagram can be read in both colour schemes.
const OURS = [...Object.keys(SETTINGS), "secure", "theme", "themeVariables", "themeCSS", "darkMode", "elk", "dompurifyConfig"];

function say(message) {
  window.parent.postMessage(message, "*"); // only our pages may frame this document, and they show the source anyway
}

async function draw(source, dark) {
  try {
    const { default: mermaid } = await import("../../build/mermaid/mermaid.esm.min.mjs");
    say({ loaded: true });
    mermaid.initialize({ ...SETTINGS, theme: dark ? "redux-dark-color" : "redux-color", secure: OURS });
    const { svg } = await mermaid.render("diagram", source);
    say({ svg });
  } catch (error) {
    say({ complaint: String(error?.message ?? error) });
  }
}

/** Sets the size of the diagram by the width of the frame, and says which height it needs. */
function fit() {
  const svg = document.querySelector("svg");
  if (!svg) return;
  const { width, height } = svg.viewBox.baseVal;
  const root = document.documentElement;
  const scale = Math.min(1, Math.max((root.clientWidth - PADDING) / width, SMALLEST_SCALE));
  svg.setAttribute("width", width * scale);
  svg.setAttribute("height", height * scale);
  document.body.tabIndex = root.scrollWidth > root.clientWidth ? 0 : -1; // so that keys can scroll it
  say({ height: height * scale + PADDING + window.innerHeight - root.clientHeight });
}

function show(svg, dark) {
  document.documentElement.classList.toggle("dark", dark);
  document.body.innerHTML = svg;
  document.querySelector("svg").style.maxWidth = "none";
  for (const link of document.querySelectorAll("a")) {
    for (const name of ["href", "xlink:href", "target"]) link.removeAttribute(name); // they would lead out of the page
  }
  fit();
}

window.addEventListener("message", ({ data, source }) => {
  if (source !== window.parent) return;
  if (typeof data.svg === "string") show(data.svg, data.dark);
  else draw(String(data.source), data.dark);
});
window.addEventListener("resize", fit);
say({ ready: true });
