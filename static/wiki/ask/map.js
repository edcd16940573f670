// Lists of places become maps: Leaflet and its clusters are fetched when a page has one. Every place stays in the list.

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

/** Returns Leaflet, which is fetched when it is first needed. */
export async function library() {
  await Promise.all([
    style("leaflet/leaflet.css"),
    style("leaflet.markercluster/MarkerCluster.css"),
    script("leaflet/leaflet.js"),
  ]);
  await script("leaflet.markercluster/leaflet.markercluster.js");
  return window.L;
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

/** Returns the layer below all others: tiles, or lines of latitude and longitude. */
export function background(L, map) {
  const tiles = document.querySelector("meta[name=map-tiles]");
  if (!tiles) return graticule(L, map);
  const thanks = document.createElement("span");
  thanks.textContent = tiles.dataset.attribution;
  return L.tileLayer(tiles.content, { attribution: thanks.innerHTML, maxZoom: 19 });
}

function markers(L, box) {
  const group =
    box.dataset.cluster === "yes"
      ? L.markerClusterGroup({
          showCoverageOnHover: false,
          iconCreateFunction: (cluster) =>
            L.divIcon({ className: "ask-cluster", html: String(cluster.getChildCount()), iconSize: [38, 38] }),
        })
      : L.featureGroup();
  for (const place of box.querySelectorAll("[data-lat]")) {
    const title = place.querySelector(".ask-place").textContent.trim();
    const icon = L.divIcon({ className: "ask-marker", iconSize: [22, 22], iconAnchor: [11, 22], popupAnchor: [0, -20] });
    const marker = L.marker([Number(place.dataset.lat), Number(place.dataset.lon)], { icon, title, alt: title });
    marker.bindPopup(() => {
      const popup = document.createElement("div");
      popup.className = "ask-popup";
      popup.append(...[...place.children].map((child) => child.cloneNode(true)));
      return popup;
    });
    group.addLayer(marker);
  }
  return group;
}

function foldList(box, list) {
  const details = document.createElement("details");
  details.className = "ask-figures";
  const summary = document.createElement("summary");
  summary.textContent = box.dataset.list;
  details.append(summary, list);
  box.append(details);
}

function draw(L, box) {
  const list = box.querySelector("ul");
  const ground = document.createElement("div");
  ground.className = "ask-ground";
  ground.setAttribute("role", "region");
  ground.setAttribute("aria-label", box.dataset.map);
  box.prepend(ground);
  const group = markers(L, box);
  foldList(box, list);
  box.classList.add("ask-map-drawn");
  const map = L.map(ground, { scrollWheelZoom: false, worldCopyJump: true, maxZoom: 19 });
  map.attributionControl.setPrefix(false);
  L.control.scale({ imperial: false }).addTo(map);
  const bounds = group.getBounds();
  if (box.dataset.zoom) map.setView(bounds.getCenter(), Number(box.dataset.zoom));
  else map.fitBounds(bounds, { maxZoom: 12, padding: [30, 30] });
  background(L, map).addTo(map);
  group.addTo(map);
}

/** Draws a map over each list of places; without the library the lists stay as they are. */
export async function bindMaps(boxes) {
  const L = await library();
  for (const box of boxes) draw(L, box);
}
