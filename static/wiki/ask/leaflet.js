// Leaflet, fetched from static/build when a page has a map, and what lies below the markers of a map.

const LIBRARIES = new URL("../../build/", import.meta.url);

function style(name) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL(name, LIBRARIES).href;
  const done = new Promise((resolve, reject) => {
    link.onload = resolve;
    link.onerror = reject;
  });
  document.head.append(link);
  return done;
}

function script(name) {
  const element = document.createElement("script");
  element.src = new URL(name, LIBRARIES).href;
  const done = new Promise((resolve, reject) => {
    element.onload = resolve;
    element.onerror = reject;
  });
  document.head.append(element);
  return done;
}

let leaflet = null;

/** Loads Leaflet, once for the page. */
export function loadLeaflet() {
  leaflet ??= Promise.all([style("leaflet/leaflet.css"), script("leaflet/leaflet.js")]).then(() => window.L);
  return leaflet;
}

/** Loads what makes one marker of several, after Leaflet. */
export async function loadClusters() {
  await Promise.all([style("leaflet.markercluster/MarkerCluster.css"), script("leaflet.markercluster/leaflet.markercluster.js")]);
}

/** Returns text as HTML, for what Leaflet shows as HTML. */
function escaped(text) {
  const element = document.createElement("span");
  element.textContent = text;
  return element.innerHTML;
}

/** Adds land below a map, once its markers are there; and streets upon it, if the administrator laid a file of them. */
async function addLand(L, map, group) {
  const { content, dataset } = document.querySelector("meta[name=map-land]") ?? {};
  if (!content) return;
  const { landLayer } = await import("./land.js");
  const { details, squares, attribution } = dataset;
  group.addLayer(landLayer(L, map, { address: content, details, squares, attribution: escaped(attribution) }));
  const archive = document.querySelector("meta[name=map-archive]")?.content;
  if (!archive) return;
  const { streetLayer } = await import("./streets.js");
  group.addLayer(await streetLayer(L, map, archive, escaped));
}

/** Returns whether maps have streets, which a closer look shows. */
export function hasStreets() {
  return document.querySelector("meta[name=map-tiles], meta[name=map-archive]") !== null;
}

/** Returns the layer below all others: tiles, if the administrator named a server, else land. */
export function background(L, map) {
  const tiles = document.querySelector("meta[name=map-tiles]");
  if (tiles) return L.tileLayer(tiles.content, { attribution: escaped(tiles.dataset.attribution), maxZoom: 19 });
  const group = L.layerGroup();
  addLand(L, map, group).catch(console.warn);
  return group;
}
