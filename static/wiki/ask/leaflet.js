// Leaflet, fetched from static/build when a page has a map, and what lies below the markers of a map.

const LIBRARIES = new URL("../../build/", import.meta.url);
const WORLD_LATITUDE = 85;

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

const STEPS = [45, 30, 15, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
const LINES_ACROSS = 8;

/** Lines of latitude and longitude that follow the map, where the administrator named no tile server. */
function graticule(L, map) {
  const lines = L.layerGroup();
  const look = { className: "ask-graticule", interactive: false };
  const redraw = () => {
    lines.clearLayers();
    const bounds = map.getBounds();
    const step = STEPS.findLast((size) => (bounds.getEast() - bounds.getWest()) / size <= LINES_ACROSS) ?? STEPS[0];
    const [west, east] = [bounds.getWest() - step, bounds.getEast() + step];
    const south = Math.max(bounds.getSouth() - step, -WORLD_LATITUDE);
    const north = Math.min(bounds.getNorth() + step, WORLD_LATITUDE);
    for (let degree = Math.ceil(west / step) * step; degree <= east; degree += step) {
      lines.addLayer(L.polyline([[south, degree], [north, degree]], look));
    }
    for (let degree = Math.ceil(south / step) * step; degree <= north; degree += step) {
      lines.addLayer(L.polyline([[degree, west], [degree, east]], look));
    }
  };
  map.on("moveend", redraw);
  redraw();
  return lines;
}

/** Returns the layer below all others: tiles, if the administrator named a server, else lines. */
export function background(L, map) {
  const tiles = document.querySelector("meta[name=map-tiles]");
  if (!tiles) return graticule(L, map);
  const thanks = document.createElement("span");
  thanks.textContent = tiles.dataset.attribution;
  return L.tileLayer(tiles.content, { attribution: thanks.innerHTML, maxZoom: 19 });
}
